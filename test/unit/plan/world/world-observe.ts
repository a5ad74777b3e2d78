/** The world as `src/observe` would report it, with everything that it cannot see left out. */
import { dueAgain } from '../../../../src/ledger/due-again.ts';
import type { Ledger } from '../../../../src/ledger/model.ts';
import type { DatabaseObservation, Observation, Undelivered, UndeliveredOfLink } from '../../../../src/observe/model.ts';
import type { InstanceObservation } from '../../../../src/observe/control-model.ts';
import { withKeptNames } from '../../../../src/plan/view/remembered/kept-names.ts';
import type { Link } from '../../../../src/topology/model.ts';
import { targetName } from '../../../../src/bucardo/names.ts';
import { ledgerSeen, type Delta, type TableData, type World, type WorldInstance } from './world.ts';

export interface Look {
  readonly observation: Observation;
  readonly ledger: Ledger;
}

/** A copy: what happens in the world later does not change what was seen. */
export function look(world: World): Look {
  // Rows are asked for only on targets, of tables without a receipt (src/observe/observe.ts).
  const asked = (name: string, table: string): boolean => {
    const due = (link: Link): boolean => dueAgain(world.topology, world.ledger, link);
    const entering = world.topology.links.filter(
      (link) => link.to === name && link.former !== true && (link.copyData !== 'never' || due(link)),
    );
    if (entering.some(due)) return true;
    const receipts = entering.map((link) => world.ledger.links[link.address]?.receipt ?? null);
    const known = receipts.some((receipt) => receipt?.copied.includes(table) || receipt?.skipped.includes(table));
    return entering.length > 0 && (receipts.includes(null) || !known);
  };
  const named = new Set(world.topology.databases.map((database) => database.name));
  const present = Object.entries(world.databases).filter(([name]) => named.has(name));
  const databases = present.map(([name, database]): [string, DatabaseObservation] => {
    if (!database.reachable) return [name, { reachable: false, code: 'ECONNREFUSED', message: `database ${name}: connect ECONNREFUSED` }];
    const openTruncates: Record<string, number> = {};
    for (const record of database.truncates) if (record.open) openTruncates[record.sync] = (openTruncates[record.sync] ?? 0) + 1;
    const { facts } = database;
    return [
      name,
      {
        ...facts,
        sameAs: present.filter(([other, { facts: its }]) => other !== name && its === facts).map(([other]) => other),
        tables: facts.tables.map((table) => {
          const rows = database.data.get(table.address)?.rows.size ?? 0;
          return { ...table, bytes: rows * 8192, hasRows: rows === 0 ? false : asked(name, table.address) ? true : null };
        }),
        bucardo: facts.bucardo === null ? null : { ...facts.bucardo, openTruncates },
      },
    ];
  });
  const topology = withKeptNames(world.topology, ledgerSeen(world));
  const names = [
    ...new Set(topology.links.flatMap((link) => [link.instance, ...(link.leaves ?? []).map((left) => left.instance)])),
  ].toSorted();
  const instances = names.map((name): [string, InstanceObservation] => [name, instanceSeen(name, world.instances[name])]);
  return structuredClone({
    observation: {
      connections: Object.fromEntries(Object.entries(world.connections).filter(([name]) => named.has(name))),
      databases: Object.fromEntries(databases.toSorted(([one], [other]) => (one < other ? -1 : 1))),
      hub: world.hub,
      instances: Object.fromEntries(instances),
      undelivered: Object.fromEntries(world.topology.links.map((link) => [link.address, undelivered(world, link)])),
    },
    ledger: ledgerSeen(world),
  });
}

/** Changes that a link's target does not have, by table; those of all links, which is more than is looked for. */
function undelivered(world: World, link: Link): UndeliveredOfLink {
  const source = world.databases[link.from];
  const tables = source?.data ?? new Map<string, TableData>();
  return Object.fromEntries(
    [...tables].flatMap(([address, { deltas }]): [string, Undelivered][] => {
      const changes = deltas.filter((delta: Delta) => !delta.tracked.includes(targetName(link.sync))).length;
      const truncates = source?.truncates.filter((one) => one.open && one.sync === link.sync && one.table === address).length ?? 0;
      return changes + truncates === 0 ? [] : [[address, { changes, truncates }]];
    }),
  );
}

function instanceSeen(name: string, instance: WorldInstance | undefined): InstanceObservation {
  const daemon = instance?.daemon ?? null;
  const orphans = instance?.orphans ?? [];
  const sessions = [
    ...(daemon === null ? [] : [{ kind: 'MCP' as const, pid: daemon.pid, startedAt: daemon.startedAt }]),
    ...orphans.map((pid) => ({ kind: 'CTL' as const, pid, startedAt: 0 })),
  ];
  const control = instance?.control ?? null;
  return {
    name,
    control:
      control === null
        ? null
        : {
            ...control,
            runs: Object.fromEntries(
              control.syncs.map((sync) => {
                const run = daemon?.syncs.find((one) => one.name === sync.name)?.run ?? null;
                const runs = control.runs[sync.name];
                return [
                  sync.name,
                  {
                    running: run === null || run.committed ? null : { startedAt: run.startedAt, status: 'Begin txn' },
                    lastGood: runs?.lastGood ?? null,
                    lastBad: runs?.lastBad ?? null,
                  },
                ];
              }),
            ),
          },
    daemon: {
      sessions,
      masterPid: daemon?.pid ?? null,
      startedAt: daemon?.startedAt ?? null,
      activeSyncs: daemon?.syncs.map((sync) => sync.name).toSorted() ?? [],
      orphans,
      stalePidFile: false,
      ...(instance?.putDown === true ? { putDown: true as const } : {}),
    },
  };
}
