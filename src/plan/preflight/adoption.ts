import { isOurMark, markOf } from '../../bucardo/names.ts';
import type { ControlDb, WantedDb } from '../../observe/control-model.ts';
import type { Observation } from '../../observe/model.ts';
import type { Diagnostic } from '../model.ts';
import { membersFound, namesFound } from '../view/adoption.ts';
import { cascades, type LinkView } from '../view/link-view.ts';
import type { Topology } from '../../topology/model.ts';
import { parseColumns } from './columns.ts';

/**
 * Why a sync of other hands cannot be adopted as this link: it does something else than the link says. What it does otherwise with the
 * same effect (kick triggers, makedelta of a whole database, Bucardo's own delta tables) is no reason; the plan after shows that.
 */
export function adoptionProblems(
  topology: Topology,
  observation: Observation,
  view: LinkView,
  views: readonly LinkView[],
): readonly Diagnostic[] {
  const { link, control, sync, source } = view;
  const problem = (code: string, message: string, hint: string, objects: readonly string[] = []): Diagnostic => ({
    severity: 'error',
    code,
    address: link.address,
    message,
    hint,
    objects,
    at: null,
  });
  // Without the hub nothing can be said, and that is said.
  if (!observation.hub.reachable) return [];
  if (control === null)
    return [
      problem(
        'AdoptMissing',
        `the hub has no control database ${link.control}`,
        'mend `bucardo.adopt.database`, or take `adopt` out where nothing stands yet',
        Object.keys(observation.hub.databases),
      ),
    ];
  if (sync === null)
    return [
      problem(
        'AdoptMissing',
        `${link.control} has no sync ${link.sync}`,
        'mend `bucardo.adopt.sync`: these are there',
        control.syncs.map((one) => one.name),
      ),
    ];
  const names = namesFound(view);
  if (names === null)
    return [
      problem(
        'AdoptMembers',
        `${link.sync} is not one source and one target`,
        'a link is one sync with one of each: make a sync for each pair in Bucardo, or leave this one to it',
        control.dbmap.filter((one) => one.group === sync.dbs).map((one) => `${one.db} (${one.role})`),
      ),
    ];
  const problems: Diagnostic[] = [];
  const say = (...given: Parameters<typeof problem>): void => void problems.push(problem(...given));
  if (isOurMark(control.mark) && !(control.mark ?? '').startsWith(markOf(topology.name, '')))
    say(
      'AdoptTaken',
      `${link.control} belongs to another topology: ${control.mark ?? ''}`,
      'adopt all syncs of one control database in one topology',
    );
  const twin = views.find((one) => one.link.address !== link.address && one.link.control === link.control && one.link.sync === link.sync);
  if (twin !== undefined) say('AdoptTaken', `${twin.link.id} is that sync already`, 'a sync is one link');
  for (const end of ['from', 'to'] as const) {
    const row = control.dbs.find((db) => db.name === names.aliases[end]);
    const wanted = observation.connections[link[end]];
    if (row === undefined || wanted === undefined) continue;
    if (placeOf(row) !== placeOf(wanted))
      say(
        'AdoptDatabase',
        `${link[end]} is ${placeOf(wanted)}, and the ${end === 'from' ? 'source' : 'target'} of ${link.sync} is ${placeOf(row)}`,
        `write \`${link[end]}\` as Bucardo has it, adopt, and change it then`,
      );
    if (row.status !== 'active')
      say(
        'AdoptDatabase',
        `${row.name} is ${row.status} in ${link.control}`,
        'a database that is not active is left out of runs: make it active first',
      );
  }
  if (source !== null && source.bucardo?.deltaNames.some((name) => name.startsWith(`${link.sync}|`)) !== true)
    say(
      'AdoptSource',
      `nothing on ${link.from} belongs to ${link.sync}`,
      'is it this database? If Bucardo has never validated the sync, do that first: bucardo validate',
    );
  problems.push(
    ...selectionProblems(view, problem),
    ...behaviourProblems(view, names, problem),
    ...cascadeProblems(topology, view, views, names.aliases.to, problem),
  );
  const others = control.syncs.filter((one) => one.name !== sync.name);
  const adopted = new Set(views.filter((one) => one.link.control === link.control).map((one) => one.link.sync));
  if (others.some((one) => one.dbs === sync.dbs))
    say(
      'AdoptShared',
      `its dbgroup ${sync.dbs} is another sync's too, and is the key of what was delivered`,
      'give it a dbgroup of its own in Bucardo',
      others.filter((one) => one.dbs === sync.dbs).map((one) => one.name),
    );
  const strangers = others.filter((one) => one.herd === sync.herd && !adopted.has(one.name)).map((one) => one.name);
  if (strangers.length > 0)
    say(
      'AdoptShared',
      `its relgroup ${sync.herd} is that of syncs which are not adopted`,
      'adopt them together, or give it a relgroup of its own in Bucardo',
      strangers,
    );
  return problems;
}

type Problem = (code: string, message: string, hint: string, objects?: readonly string[]) => Diagnostic;

/** The link's tables and sequences are those of the sync, no more and no fewer. */
function selectionProblems(view: LinkView, problem: Problem): readonly Diagnostic[] {
  const { selected, link } = view;
  if (selected === null) return [];
  const members = membersFound(view);
  const compare = (what: 'table' | 'sequence', declared: readonly string[]): Diagnostic[] => {
    const carried = new Set(members.filter((goat) => goat.type === what).map((goat) => goat.address));
    const more = declared.filter((address) => !carried.has(address));
    const fewer = [...carried].filter((address) => !declared.includes(address));
    const code = what === 'table' ? 'AdoptTables' : 'AdoptSequences';
    return [
      ...(more.length > 0
        ? [
            problem(
              code,
              `${what}s that match and ${link.sync} does not carry`,
              `leave them out with \`${what}s\`, adopt, and let them join then`,
              more,
            ),
          ]
        : []),
      ...(fewer.length > 0
        ? [
            problem(
              code,
              `${what}s that ${link.sync} carries and that do not match`,
              `add them to \`${what}s\`, adopt, and take them out then`,
              fewer,
            ),
          ]
        : []),
    ];
  };
  return [
    ...compare(
      'table',
      selected.tables.map((table) => table.address),
    ),
    ...compare(
      'sequence',
      selected.sequences.map((sequence) => sequence.address),
    ),
  ];
}

function behaviourProblems(view: LinkView, names: { readonly relgroup: string }, problem: Problem): readonly Diagnostic[] {
  const { link, control, sync, source } = view;
  if (control === null || sync === null) return [];
  const members = new Map(membersFound(view).map((goat) => [goat.id, goat.address]));
  const customs = control.customs.filter(
    (one) => (one.sync === link.sync || one.sync === '') && (one.goat === null ? one.sync !== '' : members.has(one.goat)),
  );
  const tables = new Map(source?.tables.map((table) => [table.address, table]));
  const columns = [...members].filter(([id, address]) => {
    const clause = control.customcols[id];
    const table = tables.get(address);
    if (clause === undefined || table === undefined) return false;
    const kept = parseColumns(table.columns).filter((column) => !column.generated);
    return columnsOf(clause) !== kept.map((column) => column.name).join(',');
  });
  const wanted = link.state === 'stopped' ? 'inactive' : 'active';
  return [
    ...(customs.length > 0
      ? [
          problem(
            'AdoptCustom',
            'code or names of its own that a topology cannot say',
            'take them out of Bucardo first, or leave the sync to it',
            customs.map((one) => `${one.kind} ${one.what}`),
          ),
        ]
      : []),
    ...(columns.length > 0
      ? [
          problem(
            'AdoptColumns',
            'tables of which not all columns are replicated; only generated ones may be left out',
            'take customcols out of Bucardo first, or exclude the tables',
            columns.map(([, address]) => address),
          ),
        ]
      : []),
    ...(sync.onetimecopy === 0
      ? []
      : [problem('AdoptCopying', `Bucardo is asked for a copy of ${link.sync}`, 'wait until it is over: onetimecopy is 0 then')]),
    ...(sync.status === wanted
      ? []
      : [
          problem(
            'AdoptState',
            `${link.sync} is ${sync.status}, and the file says \`state: ${link.state}\``,
            `write \`state: ${sync.status === 'active' ? 'running' : 'stopped'}\`, adopt, and change it then`,
          ),
        ]),
    ...(names.relgroup === '' ? [problem('AdoptTables', `${link.sync} has no relgroup`, 'give it one in Bucardo')] : []),
  ];
}

/** What a database below gets is what it gets now: where changes are passed on, and where they are not. */
function cascadeProblems(
  topology: Topology,
  view: LinkView,
  views: readonly LinkView[],
  alias: string,
  problem: Problem,
): readonly Diagnostic[] {
  const { link, control } = view;
  const below = new Set(
    views
      .filter((one) => one.link.from === link.to && one.link.former !== true)
      .flatMap((one) => one.selected?.tables.map((table) => table.address) ?? []),
  );
  if (below.size === 0 || control === null) return [];
  const whole = control.dbs.find((db) => db.name === alias)?.makedelta === true;
  const passed = (makedelta: string | null): boolean => whole || makedelta === 'on' || (makedelta?.split(/\W+/).includes(alias) ?? false);
  const wanted = cascades(topology, link.to);
  const other = membersFound(view).filter((goat) => goat.type === 'table' && below.has(goat.address) && passed(goat.makedelta) !== wanted);
  return other.length === 0
    ? []
    : [
        problem(
          'AdoptCascade',
          wanted
            ? `${link.sync} does not write these down on ${link.to}, so they are not passed on (makedelta)`
            : `${link.sync} writes these down on ${link.to}, so they are passed on (makedelta)`,
          `write \`cascade: ${String(!wanted)}\` at ${link.to}, adopt, and change it then`,
          other.map((goat) => goat.address),
        ),
      ];
}

/** Where libpq goes without a host, as Debian builds it. */
const SOCKETS = '/var/run/postgresql';

function placeOf({ host, port, dbname }: Pick<ControlDb | WantedDb, 'host' | 'port' | 'dbname'>): string {
  const at = host === '' ? SOCKETS : host.startsWith('/') ? host : host.toLowerCase();
  return `${at}:${port === '' ? '5432' : port}/${dbname}`;
}

/** `SELECT a, "B"` as `a,B`. */
function columnsOf(clause: string): string {
  return clause
    .replace(/^\s*SELECT\s+/i, '')
    .split(',')
    .map((column) => column.trim().replace(/^"(.*)"$/, '$1'))
    .join(',');
}
