import { controlDatabase } from '../../bucardo/names.ts';
import { GLOBAL_TABLES } from '../../bucardo/objects.ts';
import type { ControlGoat, Observation } from '../../observe/model.ts';
import type { HostConfig, Topology } from '../../topology/model.ts';
import { plural } from '../../lib/format.ts';
import { parseColumn } from '../preflight/columns.ts';
import { type Draft, draft, PHASE } from './draft.ts';
import type { LinkView } from '../view/link-view.ts';
import { receiptOf } from '../view/copy.ts';
import { runId, stepId } from './step-ids.ts';
import type { GoatWork } from '../model.ts';
import { wantedSettings } from '../view/settings.ts';
import type { Carried } from '../view/carried.ts';

/** Seconds: measured on small machines, given as rough figures. */
const ESTIMATE = { control: 1, register: 1, perTable: 0.012 } as const;

/** The ledger's database, tables and rows of links: before anything else is made, so that nothing we make is unknown to it. */
export function ledgerStep(topology: Topology, missing: boolean, unknown: readonly string[]): Draft[] {
  if (!missing && unknown.length === 0) return [];
  return [
    draft({
      id: stepId.ledger,
      kind: 'ledger',
      symbol: '+',
      address: topology.name,
      what: missing ? 'ledger database and its rows' : `ledger rows of ${unknown.join(', ')}`,
      reason: missing ? 'the hub has no ledger yet' : 'the ledger does not know these links',
      on: ['hub'],
      work: { kind: 'ledger' },
      phase: PHASE.ledger,
      depth: 0,
      objects: Math.max(1, unknown.length),
      estimateSeconds: 1,
    }),
  ];
}

/** Control database and settings of each instance. */
export function instanceSteps(config: HostConfig, topology: Topology, observation: Observation, instance: string, depth: number): Draft[] {
  const control = observation.instances[instance]?.control ?? null;
  const database = topology.links.find((link) => link.instance === instance)?.control ?? controlDatabase(instance);
  const address = `${topology.name}/instance/${instance}`;
  if (control === null || !control.pruning) {
    return [
      draft({
        id: stepId.control(instance),
        kind: 'control_database',
        symbol: '+',
        address,
        what: control === null ? `control database ${database}` : `pruning of ${database}'s run log`,
        reason: control === null ? 'not present on the hub' : 'its run log would grow for ever (rule 24)',
        on: ['hub'],
        after: [stepId.ledger],
        work: { kind: 'control_database', instance },
        phase: PHASE.control,
        depth,
        objects: 1,
        estimateSeconds: ESTIMATE.control,
      }),
    ];
  }
  const wanted = wantedSettings(config, topology, observation, instance);
  const other = Object.entries(wanted).filter(([name, value]) => control.settings[name] !== value);
  if (other.length === 0) return [];
  return [
    draft({
      id: stepId.settings(instance),
      kind: 'settings',
      symbol: '~',
      address,
      what: `settings ${other.map(([name]) => name).join(', ')}`,
      reason: 'other than declared',
      on: ['hub'],
      after: [stepId.ledger],
      work: { kind: 'settings', instance, settings: Object.fromEntries(other) },
      phase: PHASE.control,
      depth,
      objects: other.length,
      before: other.map(([name]) => `${name} = ${control.settings[name] ?? '(none)'}`),
      afterFacts: other.map(([name, value]) => `${name} = ${value}`),
    }),
  ];
}

/** Rows of one link in its control database. Nothing of it reaches a user database: the relgroup is still empty. */
export function registerStep(view: LinkView, observation: Observation, carried: Carried): Draft[] {
  const { link, control, sync } = view;
  const wrong = registerFacts(view, observation);
  const known = new Map(control?.goats.filter((goat) => goat.db === link.aliases.from).map((goat) => [goat.address, goat]));
  const stale = new Set(
    carried.tables.filter((one) => isStale(known.get(one.table.address), one.table.key?.columns ?? [])).map((one) => one.table.address),
  );
  const tables = carried.tables
    .filter((one) => !known.has(one.table.address) || stale.has(one.table.address))
    .map((one): GoatWork => {
      const columns = one.table.columns.map(parseColumn);
      return {
        schema: one.table.schema,
        name: one.table.name,
        pkey: one.table.key?.columns ?? [],
        types: one.table.key?.types ?? [],
        columns: columns.some((column) => column.generated)
          ? columns.filter((column) => !column.generated).map((column) => column.name)
          : null,
      };
    });
  const sequences = carried.sequences
    .filter((one) => !known.has(one.address))
    .map((one): GoatWork => ({ schema: one.schema, name: one.name, pkey: [], types: [], columns: null }));
  if (wrong.length === 0 && tables.length === 0 && sequences.length === 0) return [];
  const objects = carried.tables.length + carried.sequences.length;
  return [
    draft({
      id: stepId.register(view),
      kind: 'register',
      symbol: sync === null ? '+' : '~',
      address: link.address,
      what:
        sync === null
          ? `register ${link.from}, ${link.to}, ${plural(carried.tables.length, 'table')}, ${plural(carried.sequences.length, 'sequence')}`
          : `register ${[...wrong, ...(tables.length + sequences.length > 0 ? [plural(tables.length + sequences.length, 'new object')] : [])].join(', ')}`,
      reason: sync === null ? 'not present in its control database' : 'other than declared',
      on: ['hub'],
      // autokick changes only when the kick triggers have come or gone one by one: Bucardo's check would do it for all at once (rule 10).
      after: [
        stepId.ledger,
        stepId.control(link.instance),
        ...(sync !== null && wrong.includes('autokick') ? [stepId.triggers(view), stepId.dropKick(view)] : []),
      ],
      work: { kind: 'register', link: link.address, instance: link.instance, tables, sequences },
      phase: PHASE.register,
      depth: view.depth,
      objects: sync === null ? objects : tables.length + sequences.length + wrong.length,
      estimateSeconds: ESTIMATE.register,
    }),
  ];
}

function isStale(goat: ControlGoat | undefined, key: readonly string[]): boolean {
  return goat !== undefined && goat.type === 'table' && goat.pkey !== key.join('|');
}

/** What of the link's own rows is missing or other than declared. */
function registerFacts(view: LinkView, observation: Observation): string[] {
  const { link, control, sync } = view;
  if (control === null || sync === null) return ['sync'];
  const rows = (['from', 'to'] as const).filter((end) => {
    const wanted = observation.connections[link[end]];
    const row = control.dbs.find((db) => db.name === link.aliases[end]);
    if (wanted === undefined) return false;
    return (
      row === undefined ||
      row.status !== 'active' ||
      (['host', 'port', 'dbname', 'user', 'service', 'dbconn', 'passwordHash'] as const).some((key) => row[key] !== wanted[key])
    );
  });
  const members = control.dbmap.filter((one) => one.group === link.dbgroup);
  const grouped =
    members.length === 2 &&
    members.some((one) => one.db === link.aliases.from && one.role === 'source') &&
    members.some((one) => one.db === link.aliases.to && one.role === 'target');
  return [
    ...rows.map((end) => `connection of ${link[end]}`),
    ...(grouped ? [] : ['dbgroup']),
    ...(sync.herd === link.relgroup && sync.dbs === link.dbgroup ? [] : ['sync']),
    ...(sync.autokick === !link.disableKicking ? [] : ['autokick']),
    ...(sync.checktimeSeconds === link.kickIntervalSeconds ? [] : ['kick interval']),
  ];
}

/** Helper tables, functions and the rows that name the link, on its source: no lock on any table of the user's. */
export function helpersStep(view: LinkView, observation: Observation, carried: Carried): Draft[] {
  const { link, source } = view;
  const { bucardo: installed } = observation.hub;
  const there = source?.bucardo ?? null;
  const global =
    there === null ||
    there.globalTables.length < GLOBAL_TABLES.length ||
    there.recorderMd5 !== carried.recorderMd5 ||
    Object.entries(installed.functions).some(([name, md5]) => there.functions[name] !== md5) ||
    !there.kickFunctions.includes(link.sync);
  const tables = carried.tables.filter((one) => one.helpers.length > 0);
  if (!global && tables.length === 0) return [];
  return [
    draft({
      id: stepId.helpers(view),
      kind: 'helpers',
      symbol: '+',
      address: link.address,
      what:
        tables.length === 0 ? `Bucardo's functions on ${link.from}` : `delta, track and stage tables of ${plural(tables.length, 'table')}`,
      reason: there === null ? `no schema bucardo on ${link.from}` : 'missing or other than declared',
      on: [link.from],
      after: [stepId.ledger, stepId.suspect(view)],
      work: { kind: 'helpers', link: link.address, database: link.from, global, tables: tables.map((one) => one.work) },
      phase: PHASE.helpers,
      // Downstream first: B's objects stand before A's changes can reach B with makedelta (rule 1).
      depth: -view.depth,
      objects: tables.length,
      estimateSeconds: Math.ceil(tables.length * ESTIMATE.perTable),
    }),
  ];
}

/** Tables enter the relgroup when their triggers stand, and Bucardo's own validation then finds nothing to do. */
export function membershipStep(view: LinkView, carried: Carried, below: readonly LinkView[]): Draft[] {
  const { link, control } = view;
  const members = new Set(control?.herds[link.relgroup]);
  const ids = new Map(control?.goats.filter((goat) => goat.db === link.aliases.from).map((goat) => [goat.address, goat.id]));
  const missing = [...carried.tables.map((one) => one.table.address), ...carried.sequences.map((one) => one.address)].filter((address) => {
    const id = ids.get(address);
    return id === undefined || !members.has(id);
  });
  if (missing.length === 0) return [];
  return [
    draft({
      id: stepId.membership(view),
      kind: 'membership',
      symbol: '+',
      address: link.address,
      what: `${plural(missing.length, 'member')} of relgroup ${link.relgroup}, then Bucardo's validation`,
      reason: 'their triggers stand now',
      on: ['hub', link.from, link.to],
      after: [
        stepId.register(view),
        stepId.triggers(view),
        stepId.helpers(view),
        stepId.copyTables(view),
        stepId.settings(link.instance),
        // On a link that replicates, a TRUNCATE could reach the database below as soon as the tables have joined (rule 8).
        ...(receiptOf(view) ? [view, ...below].map((one) => runId.always(one)) : []),
      ],
      work: { kind: 'membership', link: link.address, instance: link.instance, addresses: missing },
      phase: PHASE.membership,
      depth: view.depth,
      lock: { mode: 'ACCESS SHARE' },
      objects: missing.length,
      estimateSeconds: 1,
    }),
  ];
}
