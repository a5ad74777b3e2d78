/** What is compared of the world and its model: everything that is observed or kept, without what differs from one run to the next. */
import type { Ledger } from '../../../src/ledger/model.ts';
import type { InstanceObservation } from '../../../src/observe/control-model.ts';
import type { ObservedBucardo } from '../../../src/observe/model.ts';
import type { TableBucardo } from '../../../src/observe/table-model.ts';
import type { Look } from '../../../src/observe/observe.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import { withKeptNames } from '../../../src/plan/view/remembered/kept-names.ts';
import type { HostConfig, Topology } from '../../../src/topology/model.ts';

/** Times, pids, oids, ids of rows and sums of what the model has no text of are left out. Same facts give the same texts in the same order. */
export function factsOf(topology: Topology, { observation, ledger }: Look, config: HostConfig) {
  const plan = makePlan(withKeptNames(topology, ledger, observation.instances), observation, ledger, config, { approvals: [] });
  // A database that no link names may stay in a file: nothing is done about it.
  const linked = Object.fromEntries(
    Object.entries(observation.databases).filter(([name]) => topology.links.some((link) => link.from === name || link.to === name)),
  );
  return {
    plan: {
      verdict: plan.verdict,
      steps: plan.steps.map((step) => step.id),
      links: plan.links.map((link) => `${link.address} ${link.state}`),
      said: plan.diagnostics.map((one) => `${one.severity} ${one.code} ${one.address}: ${[...one.objects].join(', ')}`).toSorted(),
    },
    ledger: mapped(ledger.links, linkKept),
    suspended: Object.keys(ledger.suspensions).toSorted(),
    approvals: ledger.approvals.map((one) => one.step).toSorted(),
    control: Object.entries(observation.hub.databases)
      .filter(([name]) => name.startsWith('bucardo_'))
      .map(([name, mark]) => `${name}: ${mark ?? 'no mark'}`)
      .toSorted(),
    instances: mapped(observation.instances, instanceSeen),
    databases: mapped(linked, (database) =>
      database.reachable
        ? {
            bucardo: database.bucardo === null ? null : schemaSeen(database.bucardo),
            tables: Object.fromEntries(
              database.tables.map(({ address, bucardo }) => [address, bucardo === null ? null : tableSeen(bucardo)]),
            ),
          }
        : 'not reachable',
    ),
  };
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(
    Object.entries(record)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => [name, change(value)]),
  );
}

function linkKept({ names, leaves, definition, receipt, request, recopy, suspects, accepted, copying }: Ledger['links'][string]) {
  return {
    names,
    leaves,
    tables: definition?.tables,
    state: definition?.state,
    protect: definition?.protect,
    generation: definition?.copyGeneration,
    receipt:
      receipt === null
        ? null
        : {
            mode: receipt.mode,
            generation: receipt.generation ?? 1,
            copied: receipt.copied.toSorted(),
            skipped: receipt.skipped.toSorted(),
          },
    asked: request !== null && receipt === null,
    recopy,
    suspects: suspects.map(({ code, tables }) => `${code}: ${tables.toSorted().join(', ')}`).toSorted(),
    accepted,
    copying,
  };
}

function tableSeen({ triggers, deltaOid: _oid, deltaFile: _file, ...rest }: TableBucardo) {
  return {
    ...rest,
    triggers: triggers.map(({ name, enabled, functionName, type, args }) => [name, enabled, functionName, type, ...args].join(' ')),
  };
}

function schemaSeen({ mark, globalTables, deltaNames, suspects, openTruncates, kickFunctions }: ObservedBucardo) {
  return {
    mark,
    globalTables: globalTables.toSorted(),
    deltaNames,
    suspects: suspects.map((one) => `${one.sync} ${one.table}`),
    openTruncates,
    kickFunctions,
  };
}

function instanceSeen({ control, daemon }: InstanceObservation) {
  const addresses = new Map(control?.goats.map((goat) => [goat.id, goat.address]));
  return {
    control:
      control === null
        ? null
        : {
            mark: control.mark,
            databases: control.dbs.map(({ name, status }) => `${name} ${status}`),
            groups: control.dbmap.map(({ group, db, role }) => `${group} ${db} ${role}`).toSorted(),
            goats: control.goats
              .map(({ db, address, type, pkey, makedelta, shape }) => [db, address, type, pkey, makedelta ?? '-', shape ?? '-'].join(' '))
              .toSorted(),
            herds: mapped(control.herds, (ids) => ids.map((id) => addresses.get(id) ?? 'unknown').toSorted()),
            syncs: control.syncs,
            pruning: control.pruning,
          },
    runs: daemon.masterPid !== null,
    syncs: daemon.activeSyncs,
    orphans: daemon.orphans.length,
    sessions: [...new Set(daemon.sessions.filter((one) => one.kind === 'MCP').map((one) => one.kind))],
  };
}
