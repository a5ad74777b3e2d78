import { open, stat } from 'node:fs/promises';
import type { Cluster } from '../src/lab/cluster.ts';
import type { Lab } from '../src/lab/lab.ts';
import { withLab } from '../test/real/support/lab.ts';
import { query } from '../test/real/support/query.ts';
import { makeDatabases, makeTables } from './support/databases.ts';
import { reconcile, writeTopology } from './support/goatherd.ts';
import type { Benchmark } from './support/model.ts';
import { largest, median, rounded } from './support/statistics.ts';

interface Measured {
  readonly tables: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
  readonly queries: number;
}

/** `goatherd reconcile --dry-run` of a converged A -> B -> C, small and large. */
export const dryRun: Benchmark = {
  name: 'dry-run',
  title: 'reconcile --dry-run of a converged a -> b -> c',
  run: async (scale, say) => {
    const large = scale.tables ?? (scale.smoke ? 30 : 10_000);
    const small = scale.smoke ? 3 : 100;
    const rounds = scale.rounds ?? (scale.smoke ? 1 : 5);
    // Tens of thousands of tables are locked in one transaction when they are made.
    const settings = { max_locks_per_transaction: 4096, shared_buffers: '128MB' };
    const [one, other] = await withLab({ clusters: ['a', 'b', 'c'], settings }, async (lab) => {
      const first = await measure(lab, 'small', small, rounds);
      say(`${small} tables: ${first.seconds} s, ${first.queries} queries; now ${large}, which are minutes to prepare`);
      return [first, await measure(lab, 'large', large, rounds)] as const;
    });
    return {
      columns: ['tables', 'wall, s', 'CPU of goatherd, s', 'peak, MiB', 'queries'],
      rows: [one, other].map((each) => [each.tables, each.seconds, each.cpuSeconds, each.mebibytes, each.queries]),
      budgets: [
        { what: 'wall time', seen: other.seconds, limit: 2, unit: 's', must: 'at most' },
        { what: 'peak resident memory', seen: other.mebibytes, limit: 256, unit: 'MiB', must: 'at most' },
        { what: `queries more than with ${small} tables`, seen: other.queries - one.queries, limit: 0, unit: '', must: 'at most' },
      ],
      figures: { seconds: other.seconds, mebibytes: other.mebibytes, queries_small: one.queries, queries_large: other.queries },
      notes: [
        `state: stopped, every table of a has a row; medians of ${rounds} runs, the largest for the memory; from script/goatherd, start included`,
        'queries: statements that the servers logged of one run, on the three databases and the hub',
      ],
    };
  },
};

async function measure(lab: Lab, dbname: string, tables: number, rounds: number): Promise<Measured> {
  const clusters = Object.values(lab.clusters);
  await makeDatabases(clusters, dbname);
  for (const cluster of clusters) await makeTables(cluster, dbname, tables, cluster.name === 'a' ? 1 : 0);
  const file = await writeTopology(lab, dbname, dbname, { links: ['a -> b', 'b -> c'], state: 'stopped' });
  await reconcile(lab, file);
  for (const cluster of clusters) await query(cluster, dbname, 'VACUUM ANALYZE');
  const args = ['--dry-run', '--detailed-exitcode'];
  const queries = await queriesOf(lab, async () => void (await reconcile(lab, file, args, { json: false })));
  const runs = [];
  for (let round = 1; round <= rounds; round += 1) runs.push(await reconcile(lab, file, args, { json: false }));
  return {
    tables,
    seconds: rounded(median(runs.map((run) => run.seconds)), 2),
    cpuSeconds: rounded(median(runs.map((run) => run.cpuSeconds)), 2),
    mebibytes: rounded(largest(runs.map((run) => run.mebibytes))),
    queries,
  };
}

/** How many statements the lab's servers log while `work` runs: those of role goatherd, and no daemon runs. */
async function queriesOf(lab: Lab, work: () => Promise<void>): Promise<number> {
  const servers = [lab.hub, ...Object.values(lab.clusters)];
  for (const server of servers) await query(server, 'postgres', "ALTER ROLE goatherd SET log_statement = 'all'");
  const before = await Promise.all(servers.map((server) => logSize(server)));
  await work();
  const counts = await Promise.all(servers.map((server, index) => statementsAfter(server, before[index] ?? 0)));
  for (const server of servers) await query(server, 'postgres', 'ALTER ROLE goatherd RESET log_statement');
  return counts.reduce((sum, count) => sum + count, 0);
}

async function logSize(server: Cluster): Promise<number> {
  return (await stat(`${server.dataDir}.log`)).size;
}

async function statementsAfter(server: Cluster, start: number): Promise<number> {
  const file = await open(`${server.dataDir}.log`);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    // The lab's log_line_prefix ends with application and database.
    return [...buffer.toString('utf8').matchAll(/ goatherd (?:observe|reconcile)[^@\n]*@\S+ LOG: {2}(?:statement|execute )/g)].length;
  } finally {
    await file.close();
  }
}
