import type { Lab } from '../src/lab/lab.ts';
import { withLab } from '../test/real/support/lab.ts';
import { BucardoByHand } from './support/bucardo-command.ts';
import { dropDatabases, makeDatabases, makeTables } from './support/databases.ts';
import { reconcile, stepSeconds, writeTopology } from './support/goatherd.ts';
import type { Benchmark } from './support/model.ts';
import { largest, median, rounded } from './support/statistics.ts';
import { startWriter, type Written } from './support/writer.ts';

interface Measured extends Written {
  /** Only what puts triggers on the tables and checks them. */
  readonly triggerSeconds: number;
  /** From nothing to prepared. */
  readonly wholeSeconds: number;
}

const WAYS = { goatherd: 'goatherd, state: stopped', bucardo: 'bucardo add sync' } as const;
type Way = keyof typeof WAYS;

/** Tables of a database that is being written to get their triggers, by goatherd and by Bucardo's own `add sync`, in turn. */
export const triggers: Benchmark = {
  name: 'triggers',
  title: 'tables get their triggers while one client updates a row of each in turn',
  run: async (scale, say) => {
    const tables = scale.tables ?? (scale.smoke ? 20 : 1000);
    const rounds = scale.rounds ?? (scale.smoke ? 1 : 3);
    const measured: Record<Way, Measured[]> = { goatherd: [], bucardo: [] };
    await withLab({ clusters: ['a', 'b'] }, async (lab) => {
      for (let round = 1; round <= rounds; round += 1) {
        for (const way of ['goatherd', 'bucardo'] as const) {
          const one = await measure(lab, way, `${way}${round}`, tables);
          say(`${WAYS[way]}: longest write ${one.longestMs.toFixed(0)} ms, ${one.triggerSeconds.toFixed(1)} s`);
          measured[way].push(one);
        }
      }
    });
    const summary = (way: Way) => ({
      longestMs: rounded(largest(measured[way].map((one) => one.longestMs))),
      p99Ms: rounded(median(measured[way].map((one) => one.p99Ms)), 1),
      triggerSeconds: rounded(median(measured[way].map((one) => one.triggerSeconds)), 1),
      wholeSeconds: rounded(median(measured[way].map((one) => one.wholeSeconds)), 1),
      writes: rounded(median(measured[way].map((one) => one.writes))),
    });
    const [ours, theirs] = [summary('goatherd'), summary('bucardo')];
    return {
      columns: ['', 'longest write, ms', 'p99, ms', 'triggers, s', 'from nothing, s', 'writes'],
      rows: [
        [WAYS.goatherd, ...Object.values(ours)],
        [WAYS.bucardo, ...Object.values(theirs)],
      ],
      budgets: [{ what: 'longest client write', seen: ours.longestMs, limit: 250, unit: 'ms', must: 'at most' }],
      figures: {
        goatherd_longest_ms: ours.longestMs,
        bucardo_longest_ms: theirs.longestMs,
        goatherd_trigger_seconds: ours.triggerSeconds,
        bucardo_trigger_seconds: theirs.triggerSeconds,
      },
      notes: [
        `${tables} tables, ${rounds} rounds in turn; longest write of all rounds, the others medians of the rounds`,
        'triggers: helper tables, triggers and members of the relgroup with its validation; "add sync" alone for Bucardo',
        'from nothing: with the control database and the registration of databases and tables',
      ],
    };
  },
};

async function measure(lab: Lab, way: Way, dbname: string, tables: number): Promise<Measured> {
  const { a, b } = lab.clusters;
  if (a === undefined || b === undefined) throw new Error('this takes clusters a and b');
  await makeDatabases([a, b], dbname);
  await makeTables(a, dbname, tables, 1);
  await makeTables(b, dbname, tables);
  const writer = startWriter(a, dbname, tables);
  try {
    const seconds = way === 'goatherd' ? await withGoatherd(lab, dbname) : await withBucardo(lab, dbname);
    return { ...seconds, ...(await writer.stop()) };
  } finally {
    await writer.stop().catch(() => undefined);
    await dropDatabases([a, b], dbname);
  }
}

type Seconds = Pick<Measured, 'triggerSeconds' | 'wholeSeconds'>;

async function withGoatherd(lab: Lab, dbname: string): Promise<Seconds> {
  const file = await writeTopology(lab, dbname, dbname, { links: ['a -> b'], state: 'stopped' });
  const run = await reconcile(lab, file);
  return { triggerSeconds: stepSeconds(run, ['helpers', 'triggers', 'membership']), wholeSeconds: run.seconds };
}

async function withBucardo(lab: Lab, dbname: string): Promise<Seconds> {
  const { a, b } = lab.clusters;
  if (a === undefined || b === undefined) throw new Error('this takes clusters a and b');
  const started = performance.now();
  const bucardo = new BucardoByHand(lab, dbname);
  await bucardo.install();
  await bucardo.addDatabase(a, dbname);
  await bucardo.addDatabase(b, dbname);
  await bucardo.addRelations(a, 'all');
  const before = performance.now();
  await bucardo.run('add', 'sync', 'ab', 'relgroup=all', 'dbs=a:source,b:target', 'autokick=0', 'checktime=1 second');
  const end = performance.now();
  return { triggerSeconds: (end - before) / 1000, wholeSeconds: (end - started) / 1000 };
}
