import type { Cluster } from '../src/lab/cluster.ts';
import { withLab } from '../test/real/support/lab.ts';
import type { Lab } from '../src/lab/lab.ts';
import { query } from '../test/real/support/query.ts';
import { BucardoByHand } from './support/bucardo-command.ts';
import { makeTables } from './support/databases.ts';
import { reconcile, stepSeconds, writeTopology } from './support/goatherd.ts';
import type { Benchmark } from './support/model.ts';
import { median, rounded } from './support/statistics.ts';

/** Seconds by part of the work, and of all of it. */
interface Parts {
  readonly register: number;
  readonly triggers: number;
  readonly start: number;
  readonly whole: number;
}

/** Empty tables A -> B -> C from nothing to converged, with goatherd and with the `bucardo` command, each time in a new lab. */
export const bringUp: Benchmark = {
  name: 'bring-up',
  title: 'empty tables A -> B -> C, from nothing to both copies done and the cascade set',
  run: async (scale, say) => {
    const tables = scale.tables ?? (scale.smoke ? 10 : 1000);
    const rounds = scale.rounds ?? (scale.smoke ? 1 : 3);
    const goatherd: Parts[] = [];
    const bucardo: Parts[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      goatherd.push(await inNewLab(tables, withGoatherd));
      say(`goatherd ${goatherd.at(-1)?.whole.toFixed(1)} s`);
      bucardo.push(await inNewLab(tables, withBucardo));
      say(`bucardo ${bucardo.at(-1)?.whole.toFixed(1)} s`);
    }
    const of = (runs: readonly Parts[], part: keyof Parts): number => rounded(median(runs.map((run) => run[part])), 1);
    const row = (name: string, runs: readonly Parts[]) => [
      name,
      of(runs, 'register'),
      of(runs, 'triggers'),
      of(runs, 'start'),
      of(runs, 'whole'),
    ];
    const ratio = rounded(median(goatherd.map((run) => run.whole)) / median(bucardo.map((run) => run.whole)), 2);
    return {
      columns: ['seconds', 'control databases, registration', 'triggers, validation', 'start, copy, cascade', 'whole'],
      rows: [row('goatherd reconcile', goatherd), row('bucardo command', bucardo), ['ratio', '', '', '', ratio]],
      budgets: [{ what: "of Bucardo's wall time", seen: ratio, limit: 0.75, unit: '', must: 'at most' }],
      figures: { goatherd_seconds: of(goatherd, 'whole'), bucardo_seconds: of(bucardo, 'whole'), ratio },
      notes: [
        `${tables} tables, medians of ${rounds} rounds in turn; goatherd works on both links at once, so its parts are sums of step times and more than the whole`,
        'goatherd proves besides what was copied, and that a change arrives',
      ],
    };
  },
};

async function inNewLab(tables: number, way: (lab: Lab, clusters: readonly [Cluster, Cluster, Cluster]) => Promise<Parts>): Promise<Parts> {
  return withLab({ clusters: ['a', 'b', 'c'] }, async (lab) => {
    const { a, b, c } = lab.clusters;
    if (a === undefined || b === undefined || c === undefined) throw new Error('this takes clusters a, b and c');
    await Promise.all([a, b, c].map((cluster) => makeTables(cluster, lab.dbname, tables)));
    return way(lab, [a, b, c]);
  });
}

async function withGoatherd(lab: Lab): Promise<Parts> {
  const run = await reconcile(lab, await writeTopology(lab, 'orders', lab.dbname, { links: ['a -> b', 'b -> c'] }));
  return {
    register: stepSeconds(run, ['ledger', 'control-database', 'settings', 'register', 'makedelta']),
    triggers: stepSeconds(run, ['helpers', 'triggers', 'membership']),
    start: stepSeconds(run, ['activate', 'start-1', 'start-2', 'wait-copy', 'receipt', 'always', 'truncate-records']),
    whole: run.seconds,
  };
}

/** The order of FACTS and rule 1: b -> c's triggers before a -> b's copy, b -> c's copy after it. */
async function withBucardo(lab: Lab, [a, b, c]: readonly [Cluster, Cluster, Cluster]): Promise<Parts> {
  const begin = performance.now();
  const [upper, lower] = [new BucardoByHand(lab, 'ab'), new BucardoByHand(lab, 'bc')];
  await Promise.all([upper.install(), lower.install()]);
  await upper.addDatabase(a, lab.dbname);
  await upper.addDatabase(b, lab.dbname, 'makedelta=on');
  await lower.addDatabase(b, lab.dbname);
  await lower.addDatabase(c, lab.dbname);
  await Promise.all([upper.addRelations(a, 'ab'), lower.addRelations(b, 'bc')]);
  const registered = performance.now();
  const shared = ['onetimecopy=2', 'autokick=0', 'checktime=1 second'];
  await Promise.all([
    lower.run('add', 'sync', 'bc', 'relgroup=bc', 'dbs=b:source,c:target', ...shared),
    upper.run('add', 'sync', 'ab', 'relgroup=ab', 'dbs=a:source,b:target', ...shared),
  ]);
  const triggered = performance.now();
  await upper.start();
  await upper.waitForCopy('ab');
  await query(
    b,
    lab.dbname,
    `DO $do$ DECLARE t record; BEGIN FOR t IN SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger WHERE tgname LIKE 'bucardo_note_trunc_%' LOOP
       EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.relation, t.tgname); END LOOP; END $do$`,
  );
  await lower.start();
  await lower.waitForCopy('bc');
  const end = performance.now();
  return {
    register: (registered - begin) / 1000,
    triggers: (triggered - registered) / 1000,
    start: (end - triggered) / 1000,
    whole: (end - begin) / 1000,
  };
}
