import { fewOf, plural } from '../../../lib/format.ts';
import type { Observation } from '../../../observe/model.ts';
import type { ObservedTable } from '../../../observe/table-model.ts';
import { factKey } from '../../drift/fact.ts';
import { parseColumns } from '../../preflight/columns.ts';
import type { Carried } from '../../view/carried.ts';
import { receiptOf } from '../../view/copies/copy.ts';
import type { LinkView } from '../../view/link-view.ts';
import { hasOtherShape, isAside, shapeToNote } from '../../view/shape.ts';
import type { GoatWork } from '../../work-model.ts';
import { type Draft, PHASE, draft } from '../draft.ts';
import { stepId } from '../step-ids.ts';

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
      estimateSeconds: 1,
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
    ...other('kick interval', sync.checktimeSeconds === null ? '(none)' : `${sync.checktimeSeconds} s`, `${link.kickIntervalSeconds} s`),
  ];
}
