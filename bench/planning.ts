import { diskFiles } from '../src/lib/files.ts';
import type { Lab } from '../src/lab/lab.ts';
import type { Ledger } from '../src/ledger/model.ts';
import type { Observation } from '../src/observe/model.ts';
import { observe } from '../src/observe/observe.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { Access } from '../src/postgres/access.ts';
import { loadHostConfig, loadTopologies } from '../src/topology/load.ts';
import type { HostConfig, Topology } from '../src/topology/model.ts';
import { withLab } from '../test/real/support/lab.ts';
import { makeTables } from './support/databases.ts';
import { reconcile, writeTopology } from './support/goatherd.ts';
import type { Benchmark } from './support/model.ts';
import { median, rounded } from './support/statistics.ts';

interface World {
  readonly config: HostConfig;
  readonly topology: Topology;
  readonly observation: Observation;
  readonly ledger: Ledger;
}

/** Topologies of three links planned, without any I/O, in a world where nothing is made and in one where all is. Both were observed. */
export const planning: Benchmark = {
  name: 'planning',
  title: 'topologies of three links planned, pure',
  run: async (scale, say) => {
    const count = scale.smoke ? 20 : 1000;
    const tables = scale.tables ?? (scale.smoke ? 3 : 20);
    const rounds = scale.rounds ?? (scale.smoke ? 1 : 5);
    const worlds = await observedWorlds(tables, scale.smoke ? 'stopped' : 'running');
    // A hundred of each, in turn: a thousand would measure the garbage collector.
    const copies = worlds.map(
      ([name, world]) => [name, Array.from({ length: Math.min(count, 100) }, () => structuredClone(world))] as const,
    );
    const times = new Map<string, number[]>(worlds.map(([name]) => [name, []]));
    const steps = new Map<string, number>();
    for (let round = 1; round <= rounds; round += 1) {
      for (const [name, list] of copies) {
        const started = performance.now();
        let planned = 0;
        for (let index = 0; index < count; index += 1) {
          const { topology, observation, ledger, config } = list[index % list.length] as World;
          planned += makePlan(topology, observation, ledger, config, { approvals: [] }).steps.length;
        }
        times.get(name)?.push((performance.now() - started) / 1000);
        steps.set(name, planned);
      }
      say(`round ${round} of ${rounds}`);
    }
    if (steps.get('converged') !== 0) throw new Error('the plan of the converged world is not empty');
    const seconds = [...times].map(([name, list]) => [name, rounded(median(list), 3)] as const);
    return {
      columns: ['world', 'seconds', 'steps planned'],
      rows: seconds.map(([name, value]) => [name, value, steps.get(name) ?? 0]),
      budgets: seconds.map(([name, seen]) => ({ what: name, seen, limit: 1, unit: 's', must: 'at most' })),
      figures: Object.fromEntries(seconds.map(([name, value]) => [`${name.replaceAll(' ', '_')}_seconds`, value])),
      notes: [`${count} topologies a -> b -> c -> d, ${tables} tables in each database; medians of ${rounds} rounds`],
    };
  },
};

async function observedWorlds(tables: number, state: 'stopped' | 'running'): Promise<readonly (readonly [string, World])[]> {
  return withLab({ clusters: ['a', 'b', 'c', 'd'] }, async (lab) => {
    await Promise.all(Object.values(lab.clusters).map((cluster) => makeTables(cluster, lab.dbname, tables)));
    const file = await writeTopology(lab, 'orders', lab.dbname, { links: ['a -> b', 'b -> c', 'c -> d'], state });
    const before = await look(lab, file);
    await reconcile(lab, file);
    return [
      ['nothing made', before],
      ['converged', await look(lab, file)],
    ] as const;
  });
}

async function look(lab: Lab, file: string): Promise<World> {
  const [topology] = (await loadTopologies([file], diskFiles)).topologies;
  const { config } = await loadHostConfig({ option: lab.configFile }, diskFiles);
  if (topology === undefined || config === undefined) throw new Error(`${file} or ${lab.configFile} is not valid`);
  const access = new Access(config, topology, { applicationName: 'goatherd bench' });
  try {
    return { config, topology, ...(await observe(access, topology)) };
  } finally {
    await access.end();
  }
}
