import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../src/lab/cluster.ts';
import { withLab } from '../test/real/support/lab.ts';
import { withSession } from '../test/real/support/query.ts';
import { makeDatabases, makeTables } from './support/databases.ts';
import { reconcile, writeTopology } from './support/goatherd.ts';
import type { Benchmark } from './support/model.ts';
import { largest, median, percentile, rounded } from './support/statistics.ts';

/** Topologies, each over a database of its own on the same clusters, probed in turn. */
const WAYS = {
  polled: { title: 'disable_kicking, kick_interval 1s', keys: { disable_kicking: true, kick_interval: '1s' } },
  kicked: { title: 'kick triggers', keys: { disable_kicking: false } },
} as const;
type Way = keyof typeof WAYS;

const LOOK_EVERY_MS = 10;
const GIVEN_UP_AFTER_MS = 30_000;

/** How long a row inserted on A takes to be seen on C over A -> B -> C. */
export const latency: Benchmark = {
  name: 'latency',
  title: 'a row inserted on a is seen on c, a -> b -> c',
  run: async (scale, say) => {
    const probes = scale.smoke ? 3 : 200;
    const ways: readonly Way[] = scale.smoke ? ['polled'] : ['polled', 'kicked'];
    const ages: Record<Way, readonly number[]> = { polled: [], kicked: [] };
    await withLab({ clusters: ['a', 'b', 'c'] }, async (lab) => {
      const { a, c } = lab.clusters;
      if (a === undefined || c === undefined) throw new Error('this takes clusters a and c');
      for (const way of ways) {
        await makeDatabases(Object.values(lab.clusters), way);
        for (const cluster of Object.values(lab.clusters)) await makeTables(cluster, way, 1);
        await reconcile(lab, await writeTopology(lab, way, way, { links: ['a -> b', 'b -> c'], ...WAYS[way].keys }));
      }
      say(`${probes} probes of each`);
      const found = await Promise.all(ways.map(async (way) => [way, await probe(a, c, way, probes)] as const));
      for (const [way, list] of found) ages[way] = list;
    });
    const of = (way: Way, what: (values: readonly number[]) => number): number => rounded(what(ages[way]) / 1000, 2);
    const p99 = (values: readonly number[]): number => percentile(values, 0.99);
    return {
      columns: ['seconds', 'median', 'p99', 'longest', 'probes'],
      rows: ways.map((way) => [WAYS[way].title, of(way, median), of(way, p99), of(way, largest), ages[way].length]),
      budgets: [
        { what: 'median', seen: of('polled', median), limit: 1.5, unit: 's', must: 'at most' },
        { what: 'p99', seen: of('polled', p99), limit: 3, unit: 's', must: 'at most' },
      ],
      figures: Object.fromEntries(
        ways.flatMap((way) => [
          [`${way}_median`, of(way, median)],
          [`${way}_p99`, of(way, p99)],
        ]),
      ),
      notes: [`probes begin at random moments, two a second on average; c is looked at every ${LOOK_EVERY_MS} ms`],
    };
  },
};

/** Inserts rows at random moments on one cluster and looks for them on another; gives each one's age in milliseconds when it was seen. */
async function probe(from: Cluster, to: Cluster, dbname: string, probes: number): Promise<readonly number[]> {
  const sentAt = new Map<number, number>();
  const ages: number[] = [];
  await withSession(from, dbname, async (source) =>
    withSession(to, dbname, async (target) => {
      const send = async (): Promise<void> => {
        for (let id = 1; id <= probes; id += 1) {
          await sleep(Math.random() * 1000);
          // Before the commit, as a client would count it.
          sentAt.set(id, performance.now());
          await source.query('INSERT INTO public.t1 VALUES ($1, 0)', [id]);
        }
      };
      const look = async (): Promise<void> => {
        let last = performance.now();
        while (ages.length < probes && performance.now() - last < GIVEN_UP_AFTER_MS) {
          const { rows } = await target.query<{ id: string }>('SELECT id FROM public.t1 WHERE id = ANY ($1)', [[...sentAt.keys()]]);
          const seen = performance.now();
          for (const { id } of rows) {
            ages.push(seen - (sentAt.get(Number(id)) ?? Number.NaN));
            sentAt.delete(Number(id));
            last = seen;
          }
          await sleep(LOOK_EVERY_MS);
        }
      };
      await Promise.all([send(), look()]);
    }),
  );
  if (ages.length < probes) throw new Error(`${probes - ages.length} of ${probes} probes never arrived`);
  return ages;
}
