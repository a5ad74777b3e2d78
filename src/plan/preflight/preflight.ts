import { isOurMark } from '../../bucardo/names.ts';
import type { Ledger } from '../../ledger/model.ts';
import type { Observation } from '../../observe/model.ts';
import type { Link, Topology } from '../../topology/model.ts';
import { sameObjectProblems } from './same-objects.ts';
import { adoptionProblems } from './adoption.ts';
import { databaseProblems } from './database-problems.ts';
import { FINDING_TEXT, type Finding, findings } from './fitness.ts';
import { problem } from './problem.ts';
import type { LinkView } from '../view/link-view.ts';
import type { Diagnostic } from '../model.ts';

/** What preflight found: everything to say, and per link address what blocks it and which tables are kept out. */
export interface Preflight {
  readonly diagnostics: readonly Diagnostic[];
  /** Codes of the errors that block a link, by link address. */
  readonly blocked: ReadonlyMap<string, readonly string[]>;
  /** Tables and sequences that cannot be carried, by link address. */
  readonly unfit: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Bucardo's own check takes about five locks a table in one transaction (DESIGN 6). */
const LOCKS_PER_TABLE = 5;

/**
 * All problems at once, each with a code, the objects and what to do. An error blocks the link it concerns before its first copy; on a
 * link that replicates, a problem of one table keeps only that table out. `known`: what the ledger knows, of links that are not in view, too.
 */
export function preflight(
  topology: Topology,
  observation: Observation,
  views: readonly LinkView[],
  known: Pick<Ledger, 'links'>,
): Preflight {
  const host = hostProblems(observation);
  const diagnostics: Diagnostic[] = [...host];
  const blocked = new Map<string, string[]>();
  const unfit = new Map<string, ReadonlySet<string>>();
  const block = (link: Link, problems: readonly Diagnostic[]): void => {
    const codes = problems.filter((problem) => problem.severity === 'error').map((problem) => problem.code);
    if (codes.length > 0) blocked.set(link.address, [...new Set([...(blocked.get(link.address) ?? []), ...codes])]);
  };
  const adoptions = new Map(
    views.filter((view) => view.adopting).map((view) => [view.link.address, adoptionProblems(topology, observation, view, views)]),
  );
  // What stands on a source is ours to be as soon as a link that leaves it can be adopted.
  const adopted = new Set(views.filter((view) => adoptions.get(view.link.address)?.length === 0).map((view) => view.link.from));
  for (const database of topology.databases) {
    const problems = databaseProblems(topology, observation, database.name, adopted.has(database.name));
    diagnostics.push(...problems);
    // Nothing of ours stands on a target: what other hands have there concerns the links that leave it.
    const ofTarget = problems.filter((problem) => problem.code !== 'ForeignBucardo');
    for (const view of views)
      if (view.link.from === database.name) block(view.link, problems);
      else if (view.link.to === database.name) block(view.link, ofTarget);
  }
  for (const view of views) {
    block(view.link, host);
    const found = findings(view, views);
    const errors = found.filter((finding) => finding.severity === 'error');
    unfit.set(view.link.address, new Set(errors.map((finding) => finding.address)));
    const problems = [
      ...sameObjectProblems(topology, observation, known, view),
      ...linkProblems(observation, view),
      ...grouped(view, found),
      ...(adoptions.get(view.link.address) ?? []),
    ];
    diagnostics.push(...problems);
    // A link with its receipt goes on without the tables that do not fit.
    const replicates = view.ledger?.receipt !== null && view.ledger?.receipt !== undefined;
    const alone = replicates && !nothingFits(view, unfit.get(view.link.address) ?? new Set());
    block(view.link, alone ? problems.filter((problem) => !(problem.code in FINDING_TEXT)) : problems);
  }
  return { diagnostics, blocked, unfit };
}

/** Whether setting aside what does not fit would leave Bucardo a sync without a table, which it does not run. */
function nothingFits({ selected }: LinkView, unfit: ReadonlySet<string>): boolean {
  return selected !== null && selected.tables.length > 0 && selected.tables.every((table) => unfit.has(table.address));
}

function grouped(view: LinkView, found: readonly Finding[]): Diagnostic[] {
  const codes = [...new Set(found.map((finding) => finding.code))].toSorted();
  return codes.map((code) => {
    const ofCode = found.filter((finding) => finding.code === code);
    const text = FINDING_TEXT[code] ?? { message: code, hint: '' };
    return problem(
      ofCode[0]?.severity ?? 'error',
      code,
      view.link.address,
      text.message,
      text.hint,
      ofCode.map((finding) => finding.object),
    );
  });
}

function hostProblems(observation: Observation): Diagnostic[] {
  const { hub } = observation;
  const problems: Diagnostic[] = [];
  const error = (code: string, message: string, hint: string, objects: readonly string[] = []): void =>
    void problems.push(problem('error', code, 'hub', message, hint, objects));
  if (!hub.reachable) {
    error('HubUnreachable', hub.message, 'check `hub` in goatherd.yaml and that its PostgreSQL server runs');
  } else {
    if (!hub.createDatabase)
      error(
        'HubRights',
        'the hub role may not create databases',
        'make the role of `hub` a superuser: control databases need it for plperlu',
      );
    else if (!hub.superuser)
      error('HubRights', 'the hub role is no superuser, and functions in plperlu need one', 'make the role of `hub` a superuser');
    if (!hub.plperlu)
      error('PlperluMissing', 'the hub server has no plperlu', 'apt-get install postgresql-plperl-<major> on the host of the hub server');
  }
  if (hub.bucardo.problem !== null) {
    const code = hub.bucardo.version === null ? 'BucardoMissing' : 'BucardoVersion';
    error(code, hub.bucardo.problem, 'install the Debian package bucardo 5.6.0, or set `bucardo` in goatherd.yaml to its path');
  }
  if (hub.directories.length > 0) {
    error(
      'DirectoryNotWritable',
      'directories of goatherd.yaml cannot be used',
      'make them writable for this user, or set log_dir and pid_dir',
      hub.directories.map((one) => `${one.path} ${one.problem}`),
    );
  }
  return problems;
}

function linkProblems(observation: Observation, view: LinkView): Diagnostic[] {
  const { link, selected, source, target } = view;
  const problems: Diagnostic[] = [];
  const database = link.control;
  if (!view.adopting && database in observation.hub.databases && !isOurMark(observation.hub.databases[database])) {
    problems.push(
      problem(
        'error',
        'ForeignControlDatabase',
        link.address,
        `database ${database} on the hub was made by other hands`,
        'rename or drop it, or give the link another instance with `bucardo: {instance: …}`',
        [database],
      ),
    );
  }
  if (source !== null && target !== null && source.encoding !== target.encoding) {
    problems.push(
      problem(
        'error',
        'EncodingDiffers',
        link.address,
        `${link.from} is ${source.encoding}, ${link.to} is ${target.encoding}`,
        'create the target database with the encoding of the source',
      ),
    );
  }
  if (selected === null) return problems;
  if (selected.unmatched.length > 0)
    problems.push(
      problem(
        'warning',
        'PatternMatchesNothing',
        link.address,
        `patterns that match no table of ${link.from}`,
        'mend or remove them',
        selected.unmatched,
      ),
    );
  if (selected.tables.length === 0 && selected.sequences.length === 0)
    problems.push(
      problem(
        'error',
        'NothingToReplicate',
        link.address,
        `no table of ${link.from} matches`,
        'check `tables` and the schema of the source',
      ),
    );
  if (selected.parents.length > 0) {
    problems.push(
      problem(
        'note',
        'PartitionsExpanded',
        link.address,
        'partitioned tables are replicated by their leaves; a new partition has to be added on every database',
        '',
        selected.parents.map((parent) => `${parent.address}: ${parent.leaves} leaves`),
      ),
    );
  }
  if (source !== null && selected.tables.length * LOCKS_PER_TABLE > source.maxLocksPerTransaction * 100) {
    problems.push(
      problem(
        'warning',
        'MaxLocks',
        link.address,
        `${selected.tables.length} tables need about ${selected.tables.length * LOCKS_PER_TABLE} locks in one transaction of Bucardo's check`,
        'raise max_locks_per_transaction on the source',
      ),
    );
  }
  return problems;
}
