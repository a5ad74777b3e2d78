import { setTimeout as sleep } from 'node:timers/promises';
import { trackTimeIndex } from '../src/bucardo/names.ts';
import type { Lab } from '../src/lab/lab.ts';
import { withLab } from '../test/real/support/lab.ts';
import { query } from '../test/real/support/query.ts';
import { makeDatabases, makeTables, numberOf } from './support/databases.ts';
import { undelivered } from './support/delivery.ts';
import { reconcile, writeTopology } from './support/goatherd.ts';
import type { Benchmark, Cell } from './support/model.ts';
import { type Load, pgbench } from './support/pgbench.ts';
import { standStill } from './support/stand-still.ts';
import { rounded } from './support/statistics.ts';

const WAYS = { goatherd: "goatherd's objects", bucardo: "Bucardo's own" } as const;
type Way = keyof typeof WAYS;

interface Named {
  readonly name: string;
  readonly title: string;
  readonly load: Load;
}

/** DESIGN 10's last two lines. The ids are random, so that no two clients wait for one another's rows. */
function loads(seconds: { readonly collision: number; readonly backlog: number }): readonly Named[] {
  const insert = 'INSERT INTO public.t1 VALUES (:id, 0) ON CONFLICT DO NOTHING;';
  const quarter = (slow: string): string =>
    `\\set id random(1, 2000000000)\n\\set z random(1, 4)\n\\if :z = 1\nBEGIN;\n${slow}\nEND;\n\\else\n${insert}\n\\endif\n`;
  return [
    {
      name: 'open',
      title: '8,000/s, a quarter open for 60 ms',
      load: { clients: 200, seconds: seconds.collision, rate: 8000, script: quarter(`${insert}\n\\sleep 60 ms`) },
    },
    {
      name: 'idle',
      title: '2,000/s, a quarter idle 500 ms before writing',
      load: { clients: 320, seconds: seconds.collision, rate: 2000, script: quarter(`SELECT 1;\n\\sleep 500 ms\n${insert}`) },
    },
    {
      name: 'backlog',
      title: '6,000 inserts/s',
      load: { clients: 32, seconds: seconds.backlog, rate: 6000, script: `\\set id random(1, 2000000000)\n${insert}\n` },
    },
  ];
}

interface Measured {
  readonly load: Named;
  readonly way: Way;
  readonly perSecond: number;
  readonly rows: number;
  readonly missing: number;
  /** Until everything was noted as delivered; NaN where that was given up. */
  readonly drainSeconds: number;
  /** Transactions that were not delivered when it was given up. */
  readonly left: number;
}

/** Rows that never arrive, and the time to drain, under loads at which Bucardo's own delta tables lose rows and get stuck. */
export const lostRows: Benchmark = {
  name: 'lost-rows',
  title: 'rows missing on the target, and the time to drain, after a load',
  run: async (scale, say) => {
    const seconds = { collision: scale.seconds ?? (scale.smoke ? 1 : 90), backlog: scale.seconds ?? (scale.smoke ? 1 : 60) };
    const patience = scale.smoke ? 20 : 120;
    const measured: Measured[] = [];
    const settings = { synchronous_commit: false, max_connections: 400, max_locks_per_transaction: 128, shared_buffers: '256MB' };
    await withLab({ clusters: ['a', 'b'], settings }, async (lab) => {
      for (const load of loads(seconds).slice(0, scale.smoke ? 1 : 3)) {
        for (const way of ['goatherd', 'bucardo'] as const) {
          const one = await measure(lab, load, way, patience);
          say(`${load.title}, ${WAYS[way]}: ${one.missing} of ${one.rows} missing, drained in ${one.drainSeconds.toFixed(1)} s`);
          measured.push(one);
        }
      }
    });
    const ours = measured.filter(({ way }) => way === 'goatherd');
    const lost = ours.filter(({ load }) => load.name !== 'backlog').reduce((sum, { missing }) => sum + missing, 0);
    const drain = ours.find(({ load }) => load.name === 'backlog')?.drainSeconds ?? Number.NaN;
    return {
      columns: ['load', 'objects', 'per second', 'rows', 'missing', 'drained, s'],
      rows: measured.map(({ load, way, perSecond, rows, missing, drainSeconds, left }): Cell[] => [
        load.title,
        WAYS[way],
        rounded(perSecond),
        rows,
        missing,
        Number.isNaN(drainSeconds) ? `not in ${patience}: ${left} left` : rounded(drainSeconds, 1),
      ]),
      budgets: [
        { what: 'rows lost', seen: lost, limit: 0, unit: '', must: 'at most' },
        // JSON has no NaN: what never drained took longer than was waited.
        { what: 'backlog drained', seen: rounded(Number.isNaN(drain) ? patience : drain, 1), limit: 10, unit: 's', must: 'at most' },
      ],
      figures: Object.fromEntries(
        measured.flatMap(({ load, way, rows, missing, drainSeconds }) => [
          [`${way}_${load.name}_rows`, rows],
          [`${way}_${load.name}_missing`, missing],
          [`${way}_${load.name}_drain_seconds`, rounded(Number.isNaN(drainSeconds) ? patience : drainSeconds, 1)],
        ]),
      ),
      notes: [
        `${seconds.collision} s, ${seconds.collision} s and ${seconds.backlog} s of load; synchronous_commit off; polled every second`,
        "Bucardo's own: its default for delta.txntime and no index on track(txntime); all else alike",
      ],
    };
  },
};

async function measure(lab: Lab, load: Named, way: Way, patience: number): Promise<Measured> {
  const { a, b } = lab.clusters;
  if (a === undefined || b === undefined) throw new Error('this takes clusters a and b');
  const name = `${load.name}_${way}`;
  const keys = { links: ['a -> b'], bucardo: { settings: { log_level: 'terse' } } };
  await makeDatabases([a, b], name);
  for (const cluster of [a, b]) await makeTables(cluster, name, 1);
  await reconcile(lab, await writeTopology(lab, name, name, keys));
  if (way === 'bucardo') {
    const index = trackTimeIndex('public_t1');
    await query(a, name, `ALTER TABLE bucardo.delta_public_t1 ALTER txntime SET DEFAULT now(); DROP INDEX bucardo.${index}`);
  }
  const { perSecond } = await pgbench(lab, a, name, load.load);
  const drained = await drain(lab, name, patience);
  const [rows, arrived] = [
    await numberOf(a, name, 'SELECT count(*) FROM public.t1'),
    await numberOf(b, name, 'SELECT count(*) FROM public.t1'),
  ];
  await standStill(lab);
  return { load, way, perSecond, rows, missing: rows - arrived, ...drained };
}

async function drain(lab: Lab, dbname: string, patience: number): Promise<Pick<Measured, 'drainSeconds' | 'left'>> {
  const { a } = lab.clusters;
  if (a === undefined) throw new Error('this takes cluster a');
  const started = performance.now();
  for (;;) {
    const left = await undelivered(a, dbname, 't1');
    const seconds = (performance.now() - started) / 1000;
    if (left === 0) return { drainSeconds: seconds, left };
    if (seconds > patience) return { drainSeconds: Number.NaN, left };
    await sleep(250);
  }
}
