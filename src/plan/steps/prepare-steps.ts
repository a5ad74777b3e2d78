import { GLOBAL_TABLES } from '../../bucardo/objects.ts';
import type { Observation } from '../../observe/model.ts';
import type { ObservedTable } from '../../observe/table-model.ts';
import type { Topology } from '../../topology/model.ts';
import { fewOf, plural } from '../../lib/format.ts';
import { parseColumns } from '../preflight/columns.ts';
import { type Draft, draft, PHASE } from './draft.ts';
import type { LinkView } from '../view/link-view.ts';
import { receiptOf } from '../view/copy.ts';
import { runId, stepId } from './step-ids.ts';
import type { GoatWork } from '../work-model.ts';
import { factKey } from '../drift/fact.ts';
import { hasOtherShape, isAside, shapeToNote } from '../view/shape.ts';
import { hasOtherKey } from '../view/wanted.ts';
import { returning } from './aside.ts';
import type { Carried } from '../view/carried.ts';

/** Seconds: measured on small machines, given as rough figures. */
const ESTIMATE = { register: 1, perTable: 0.012 } as const;

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

/** Rows of one link in its control database. Nothing of it reaches a user database: the relgroup is still empty. */
export function registerStep(view: LinkView, observation: Observation, carried: Carried): Draft[] {
  const { link, control, sync } = view;
  const rows = registerFacts(view, observation).filter(({ what }) => !view.left.has(factKey.row(what)));
  const wrong = rows.map((row) => row.what);
  const goats = goatsToWrite(view, carried).filter((goat) => !view.left.has(factKey.goat(goat.address)));
  const due = new Set(goats.map((goat) => goat.address));
  const edited = goats.filter((goat) => goat.edited && goat.before !== 'set aside').map((goat) => goat.address);
  const noted = new Map(control?.goats.filter((goat) => goat.db === link.aliases.from).map((goat) => [goat.address, goat.shape]));
  const tables = carried.tables
    .filter((one) => due.has(one.table.address))
    .map((one) => goatWork(one.table, noted.get(one.table.address) ?? null));
  const sequences = carried.sequences
    .filter((one) => due.has(one.address))
    .map((one): GoatWork => ({ schema: one.schema, name: one.name, shape: '', pkey: [], types: [], columns: null }));
  if (wrong.length === 0 && tables.length === 0 && sequences.length === 0) return [];
  const objects = carried.tables.length + carried.sequences.length;
  const others = tables.length + sequences.length - edited.length;
  return [
    draft({
      id: stepId.register(view),
      kind: 'register',
      symbol: sync === null ? '+' : '~',
      address: link.address,
      what:
        sync === null
          ? `register ${link.from}, ${link.to}, ${plural(carried.tables.length, 'table')}, ${plural(carried.sequences.length, 'sequence')}`
          : `register ${[...wrong, ...(others > 0 ? [plural(others, 'new object')] : []), ...(edited.length > 0 ? [`the new shape of ${fewOf(edited)}`] : [])].join(', ')}`,
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
      before: sync === null ? [] : rows.map((row) => `${row.what}: ${row.before}`),
      afterFacts: sync === null ? [] : rows.map((row) => `${row.what}: ${row.after}`),
    }),
  ];
}

function goatWork(table: ObservedTable, noted: string | null): GoatWork {
  const columns = parseColumns(table.columns);
  return {
    schema: table.schema,
    name: table.name,
    shape: shapeToNote(noted, table),
    pkey: table.key?.columns ?? [],
    types: table.key?.types ?? [],
    columns: columns.some((column) => column.generated) ? columns.filter((column) => !column.generated).map((column) => column.name) : null,
  };
}

/** A goat that is missing or other than its table. */
interface OtherGoat {
  readonly address: string;
  readonly before: string;
  /** The table itself was altered since it was registered, or it was set aside: that is an edit, and no drift. */
  readonly edited: boolean;
}

/**
 * Tables and sequences whose goat is missing or has another key, or of whose columns a running daemon may know others than they have:
 * controllers read them when they start.
 */
export function goatsToWrite(view: LinkView, carried: Carried): readonly OtherGoat[] {
  const known = new Map(view.control?.goats.filter((goat) => goat.db === view.link.aliases.from).map((goat) => [goat.address, goat]));
  return [
    ...carried.tables.flatMap(({ table }) => {
      const goat = known.get(table.address);
      if (goat === undefined) return [{ address: table.address, before: 'absent', edited: false }];
      if (goat.type !== 'table') return [];
      if (hasOtherShape(goat.shape, table)) return [{ address: table.address, before: 'another shape', edited: true }];
      const key = (table.key?.columns ?? []).join('|');
      return goat.pkey === key ? [] : [{ address: table.address, before: `key ${goat.pkey}`, edited: false }];
    }),
    ...carried.sequences.flatMap(({ address }): OtherGoat[] => {
      const goat = known.get(address);
      if (goat === undefined) return [{ address, before: 'absent', edited: false }];
      return isAside(goat.shape) ? [{ address, before: 'set aside', edited: true }] : [];
    }),
  ];
}

/** A row, or part of one, that is missing or other than declared. */
interface OtherRow {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** Set where a password is another: it is a declared one that was rotated, and no drift that may be left. */
  readonly secret?: true;
}

/** What of the link's own rows is missing or other than declared. A password is never shown. */
export function registerFacts(view: LinkView, observation: Observation): readonly OtherRow[] {
  const { link, control, sync } = view;
  if (control === null || sync === null) return [{ what: 'sync', before: 'absent', after: 'present' }];
  const rows = (['from', 'to'] as const).flatMap((end): OtherRow[] => {
    const wanted = observation.connections[link[end]];
    const row = control.dbs.find((db) => db.name === link.aliases[end]);
    if (wanted === undefined) return [];
    const what = `connection of ${link[end]}`;
    if (row === undefined) return [{ what, before: 'absent', after: 'present' }];
    const keys = (['host', 'port', 'dbname', 'user', 'service', 'dbconn', 'passwordHash'] as const).filter(
      (key) => row[key] !== wanted[key],
    );
    if (keys.length === 0 && row.status === 'active') return [];
    const shown = keys.filter((key) => key !== 'passwordHash');
    return [
      {
        what,
        ...(shown.length < keys.length ? { secret: true } : {}),
        before: [
          ...shown.map((key) => `${key} ${row[key] === '' ? '(none)' : row[key]}`),
          ...(shown.length < keys.length ? ['another password'] : []),
          ...(row.status === 'active' ? [] : [row.status]),
        ].join(', '),
        after: [
          ...shown.map((key) => `${key} ${wanted[key] === '' ? '(none)' : wanted[key]}`),
          ...(shown.length < keys.length ? ['the declared password'] : []),
          ...(row.status === 'active' ? [] : ['active']),
        ].join(', '),
      },
    ];
  });
  const members = control.dbmap.filter((one) => one.group === link.dbgroup);
  const grouped =
    members.length === 2 &&
    members.some((one) => one.db === link.aliases.from && one.role === 'source') &&
    members.some((one) => one.db === link.aliases.to && one.role === 'target');
  const described = members
    .map((one) => `${one.db} ${one.role}`)
    .toSorted()
    .join(', ');
  const other = (what: string, before: string, after: string): OtherRow[] => (before === after ? [] : [{ what, before, after }]);
  return [
    ...rows,
    ...(grouped ? [] : [{ what: 'dbgroup', before: described, after: `${link.aliases.from} source, ${link.aliases.to} target` }]),
    ...other('sync', `herd ${sync.herd}, dbs ${sync.dbs}`, `herd ${link.relgroup}, dbs ${link.dbgroup}`),
    ...other('autokick', String(sync.autokick), String(!link.disableKicking)),
    // With a receipt nobody but another hand asks Bucardo for a copy: mode 1 would delete what the target holds.
    ...(receiptOf(view) ? other('onetimecopy', String(sync.onetimecopy), '0') : []),
    ...other('kick interval', `${sync.checktimeSeconds ?? '(none)'} s`, `${link.kickIntervalSeconds} s`),
  ];
}

/** Helper tables, functions and the rows that name the link, on its source: no lock on any table of the user's. */
export function helpersStep(view: LinkView, observation: Observation, carried: Carried): Draft[] {
  const { link, source } = view;
  const there = source?.bucardo ?? null;
  const global = !view.left.has(factKey.functions) && lacksGlobals(view, observation, carried);
  // Those made for another key are made anew by a step of their own.
  const tables = carried.tables.filter((one) => one.helpers.length > 0 && !hasOtherKey(one.table));
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

/** Whether functions or tables of Bucardo that belong to no user table are missing on the source, or are not those that are installed. */
export function lacksGlobals({ link, source }: LinkView, observation: Observation, carried: Carried): boolean {
  const there = source?.bucardo ?? null;
  return (
    there === null ||
    there.globalTables.length < GLOBAL_TABLES.length ||
    there.recorderMd5 !== carried.recorderMd5 ||
    Object.entries(observation.hub.bucardo.functions).some(([name, md5]) => there.functions[name] !== md5) ||
    !there.kickFunctions.includes(link.sync)
  );
}

/** Tables enter the relgroup when their triggers stand, and Bucardo's own validation then finds nothing to do. */
export function membershipStep(view: LinkView, carried: Carried, below: readonly LinkView[]): Draft[] {
  const { link } = view;
  const missing = missingMembers(view, carried).filter((address) => !view.left.has(factKey.member(address)));
  if (missing.length === 0) return [];
  const back = returning(view, carried);
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
      work: {
        kind: 'membership',
        link: link.address,
        instance: link.instance,
        addresses: missing,
        returning: back.filter((address) => missing.includes(address)),
      },
      phase: PHASE.membership,
      depth: view.depth,
      lock: { mode: 'ACCESS SHARE' },
      objects: missing.length,
      estimateSeconds: 1,
    }),
  ];
}

/** Tables and sequences of the link that its relgroup does not have. */
export function missingMembers({ link, control }: LinkView, carried: Carried): readonly string[] {
  const members = new Set(control?.herds[link.relgroup]);
  const ids = new Map(control?.goats.filter((goat) => goat.db === link.aliases.from).map((goat) => [goat.address, goat.id]));
  return [...carried.tables.map((one) => one.table.address), ...carried.sequences.map((one) => one.address)].filter((address) => {
    const id = ids.get(address);
    return id === undefined || !members.has(id);
  });
}
