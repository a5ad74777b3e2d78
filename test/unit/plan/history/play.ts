/** Plays a history in the world, and says everything that the rules forbid and that happened. */
import { sequence } from '../world/arbitrary-world.ts';
import { heldLinks, unmet } from '../world/expectations.ts';
import { disown } from '../world/world-adoption.ts';
import { worldOf } from '../world/world-build.ts';
import { tick } from '../world/world-daemon.ts';
import { planFor, reconcile, reconcileWithCrash, type RunOptions } from '../world/world-run.ts';
import { insert } from '../world/world-users.ts';
import { dataOf, declare, ledgerSeen, placeOf, violate, type World } from '../world/world.ts';
import type { Plan } from '../../../../src/plan/model.ts';
import type { Step } from '../../../../src/plan/step-model.ts';
import type { Approves, History, Round } from './arbitrary-history.ts';
import { drift } from './drifts.ts';
import { edit, resume } from './edits.ts';
import { declared, firstFile, NAMES, textOf, type TopologyFile } from './file.ts';

export interface Played {
  readonly world: World;
  /** Empty when all is as it must be; the round's number stands in front. */
  readonly faults: readonly string[];
}

type Next = (count: number) => number;

/** A -> B -> C to begin with, all that is declared carried out; then each round; then all that was away or stopped comes back. */
export function play(history: History): Played {
  const file = firstFile(history.shares ? 'pool' : null);
  const specs = [
    { name: 't1', key: ['id'], ...(history.references ? { referencedBy: ['public.t2'] } : {}) },
    { name: 't2', key: ['id', 'line'] },
  ].slice(0, history.tables);
  const rows = { a: Object.fromEntries(specs.map((table) => [table.name, ['r1', 'r2']])) };
  const world = worldOf({ topology: textOf(file), tables: specs, rows, more: NAMES, copyTicks: 2 });
  world.config = { ...world.config, caps: { ...world.config.caps, linksRemoved: history.linksRemoved } };
  const next = sequence(history.seed);
  const faults: string[] = [...settled(world, next, [])];
  if (history.adopts) faults.push(...adopted(world, file, next));
  for (const [index, round] of [...history.rounds, LAST].entries()) {
    if (faults.length > 0) break;
    if (round === LAST) recover(world, file);
    change(world, file, round);
    for (let count = 0; count < round.writes; count += 1) write(world, next);
    faults.push(...run(world, file, round, next).map((fault) => `round ${index + 1}: ${fault}`));
  }
  return { world, faults };
}

const LAST: Round = { edits: [], drifts: [], writes: 1, approves: 'person', killedAt: null, seconds: 0 };

/** Whoever was away answers again, and every stop ends. */
function recover(world: World, file: TopologyFile): void {
  edit(file, world, { kind: 'return', at: 0, to: 0 });
  for (const address of Object.keys(world.ledger.suspensions)) resume(world, address);
}

/** The same cascade as other hands would have made it: the first plan adopts it and does nothing else, the second puts right what rule 24 wants. */
function adopted(world: World, file: TopologyFile, next: Next): string[] {
  disown(world);
  for (const link of file.links) {
    const sync = `orders_${link.from}_${link.to}`;
    link.adopt = { database: `bucardo_${link.instance === null ? sync : `orders_${link.instance}`}`, sync };
    link.instance = null;
  }
  const topology = declared(file);
  if (topology === null) throw new Error(`no topology: ${textOf(file)}`);
  declare(world, topology);
  const strangers = planFor(world).steps.filter((step) => step.kind !== 'ledger' && step.kind !== 'adopt');
  if (strangers.length > 0) return [`the first plan is more than adoption: ${strangers.map((step) => step.id).join(', ')}`];
  const { fault } = reconcile(world, { choose: next, approvals: [] });
  return fault === null ? settled(world, next, []) : [fault, ...world.violations];
}

/** Edits that give no sound topology are not made. */
function change(world: World, file: TopologyFile, round: Round): void {
  for (const one of round.edits) {
    const before = structuredClone(file);
    edit(file, world, one);
    const topology = declared(file);
    if (topology === null) Object.assign(file, before);
    else declare(world, topology);
  }
  // A link that no file names and that no ledger knows is another hand's, as far as anybody can tell.
  const all = new Set(world.declared.links.map((link) => link.address));
  const forgotten = Object.keys(world.ledger.links).some((address) => !all.has(address));
  for (const one of round.drifts) if (one.kind !== 'lose the ledger' || !forgotten) drift(world, one);
}

/** A row on a database that nothing enters, whatever it is called: a link that leaves may have its source's name of before. */
function write(world: World, next: Next): void {
  const { links } = world.topology;
  const entered = new Set(links.map((link) => placeOf(world, link.to)));
  const roots = [...new Set(links.map((link) => link.from))].filter((name) => !entered.has(placeOf(world, name))).toSorted();
  const root = roots[next(Math.max(1, roots.length))];
  if (root === undefined) return;
  const tables = world.databases[root]?.facts.tables ?? [];
  const table = tables[next(Math.max(1, tables.length))];
  if (table !== undefined) insert(world, root, table.address, `w${world.now}-${dataOf(world, root, table.address).rows.size}`);
}

function run(world: World, file: TopologyFile, round: Round, next: Next): string[] {
  const approvals = wordOf(world, file, round.approves);
  const options: RunOptions = {
    choose: next,
    approvals,
    users: (seen) => {
      if (next(6) === 0) write(seen, next);
    },
    onPlan: (plan) => checkApprovals(world, plan, approvals),
  };
  if (round.killedAt !== null) {
    const { fault } = reconcileWithCrash(world, world.statements + round.killedAt, round.seconds, options);
    if (fault !== null) return [fault, ...world.violations];
  }
  return settled(world, next, approvals);
}

/** What is given with `--approve`; what git says is written into the file. */
function wordOf(world: World, file: TopologyFile, approves: Approves): RunOptions['approvals'] {
  file.removed = [];
  if (approves === 'person') return 'all';
  if (approves === 'before') return world.asked;
  if (approves === 'nobody') return [];
  const [required] = planFor(world).approvals.required;
  const leaving = world.topology.links.filter((link) => link.former === true);
  file.removed = leaving.map((link) => ({ link: `${link.from} -> ${link.to}`, plan: required?.id ?? '0000-0000', drain: true }));
  const topology = declared(file);
  if (topology === null) file.removed = [];
  else declare(world, topology);
  return [];
}

/**
 * Nothing destructive is done that no word approves, nothing at all to what is protected (rules 13 and 14), and by git's word alone no more
 * than the caps allow.
 */
function checkApprovals(world: World, plan: Plan, approvals: RunOptions['approvals']): void {
  const open = plan.steps.filter((one) => one.destructive && one.blocked === null);
  const inGit = plan.approvals.required.some((required) => world.declared.removed.some((entry) => entry.plan === required.id));
  const spoken = plan.approvals.required.some((required) => approvals === 'all' || approvals.includes(required.id));
  const words = (id: string) => world.ledger.approvals.filter((one) => one.step === id);
  for (const step of open) {
    if (!spoken && !inGit && words(step.id).length === 0) violate(world, `rule 13: ${step.id} was done and nobody approved it`);
    const known = world.ledger.links[step.address]?.definition ?? null;
    const stands = world.declared.links.some((link) => link.address === step.address);
    // A copy again empties tables of a link that stays; nothing of the link itself goes.
    if (known?.protect === true && !stands && step.kind !== 'copy_tables')
      violate(world, `rule 14: ${step.id} would remove ${step.address}, which is protected`);
  }
  const former = new Set(world.topology.links.filter((link) => link.former === true).map((link) => link.address));
  const byGit = open.filter((step) => !spoken && words(step.id).every((one) => one.overCap === false));
  const removed = new Set(byGit.map((step) => step.address).filter((address) => former.has(address)));
  if (removed.size > world.config.caps.linksRemoved)
    violate(world, `caps: git alone removed ${[...removed].join(', ')}, and ${world.config.caps.linksRemoved} are allowed`);
}

/**
 * Steps that a person is asked for: to let go what is protected; to start what other hands stopped before it is adopted, or to take `adopt`
 * out where what it names is gone with the ledger; to put back the line of a link that only its mark tells of; and whatever waits for one of
 * these, on the links below too.
 */
function asksFor(world: World, { steps, diagnostics }: Plan): ReadonlySet<string> {
  const forgotten = diagnostics.filter((one) => one.code === 'LinkForgotten').map((one) => one.address.split('/').at(-1));
  const asked = new Set(
    steps
      .filter(
        ({ kind, blocked }) =>
          blocked === 'protected' ||
          blocked?.includes('preflight: Adopt') ||
          blocked?.endsWith('writes its changes down: neither the file nor the ledger knows it') ||
          // A daemon that runs such a link, whose triggers somebody dropped, is not started anew.
          forgotten.some((id) => blocked?.startsWith(`waits for ${id}: when daemon `) === true) ||
          // An entry that was renamed and is to be adopted again: a person takes `renamed_from` out.
          (kind === 'adopt' && blocked?.startsWith('preflight: RenamedFromUnknown') === true) ||
          // So they do where the links that had the former name are gone since the entry was renamed.
          (blocked === 'preflight: RenamedFromUnknown' && forgotFormerNames(world)),
      )
      .map(({ id }) => id),
  );
  const adopts = steps.filter(({ id, kind }) => kind === 'adopt' && asked.has(id)).map((step) => step.blocked ?? '');
  const waits = ({ blocked, after }: Step, id: string): boolean =>
    // What would join below a link that a person has to prepare for its adoption.
    adopts.some((reason) => reason !== '' && blocked?.endsWith(reason) === true) ||
    // It is adopted first; its copy is known then, and its daemon told of another target.
    (id.endsWith('/adopt') &&
      ['', 'the copy of '].some((what) => blocked?.startsWith(`waits for ${what}${id.split('/')[0] ?? ''},`) === true)) ||
    (blocked?.startsWith('waits for step') === true && after.includes(id));
  for (const id of asked) for (const step of steps) if (waits(step, id)) asked.add(step.id);
  return asked;
}

/** Whether of all databases that are said to have been called otherwise, and are new to the ledger, nothing that is remembered has the former name. */
function forgotFormerNames(world: World): boolean {
  const { links, marked = {} } = ledgerSeen(world);
  const names = new Set([...Object.keys(links), ...Object.keys(marked)].flatMap((address) => (address.split('/')[1] ?? '').split('-')));
  return world.declared.databases.every(({ name, renamedFrom }) => renamedFrom === undefined || names.has(name) || !names.has(renamedFrom));
}

/**
 * Links that were detached and come back by a copy, which waits for its approval or for a link that is held, above or below: until then they
 * only record.
 */
function returning(world: World, { steps, diagnostics }: Plan): readonly string[] {
  const waiting = steps.filter(({ kind, blocked }) => kind === 'copy_tables' && /is missing$|^cap |^waits for /.test(blocked ?? ''));
  // What has to stand still meanwhile and cannot is below: no copy is planned then, and it is said.
  const due = diagnostics.filter((one) => one.code === 'CopyAgainWaits');
  // One that was declared stopped in between still owes it.
  return [...waiting, ...due].map((one) => one.address).filter((address) => world.ledger.links[address]?.recopy?.cause === 'detached');
}

/** Tables that join a link when its step that copies them is approved, or one that it waits for, or when what preflight holds above is cured. */
function joining({ steps }: Plan): ReadonlySet<string> {
  return new Set(
    steps
      .filter(({ blocked }) => /is missing$|^cap |^waits for step|preflight: /.test(blocked ?? ''))
      .flatMap(({ address, work }) => (work.kind === 'copy_tables' && !work.again ? work.tables.map((one) => `${address} ${one}`) : [])),
  );
}

/** Runs until nothing more may be done, and holds the world against what is declared. */
function settled(world: World, next: Next, approvals: RunOptions['approvals']): string[] {
  const users = (seen: World): void => {
    if (next(6) === 0) write(seen, next);
  };
  const options: RunOptions = { choose: next, approvals, users, onPlan: (seen) => checkApprovals(world, seen, approvals) };
  const first = reconcile(world, options);
  const { fault } = first.adopted ? reconcile(world, options) : first;
  if (fault !== null) return [fault, ...world.violations];
  declare(world, world.declared);
  const again = planFor(world, approvals);
  world.asked = again.approvals.required.map((required) => required.id);
  // A link that was never copied may wait for an approval; all others run on.
  const waiting = again.steps.filter((step) => step.blocked !== null).map((step) => step.address);
  // What somebody took from a link that is not to be touched holds up the link above: the plan names it.
  const cut = again.diagnostics.filter((one) => one.code === 'DeltaTablesMissing' && one.objects.length > 0).map((one) => one.address);
  const uncopied = waiting.filter((address) => (world.ledger.links[address]?.receipt ?? null) === null);
  const faults = unmet(world, new Set([...uncopied, ...returning(world, again)]), new Set(cut), joining(again));
  const held = heldLinks(world);
  // A copy that is asked for again and empties tables waits for its approval, and holds nothing else.
  if (approvals !== 'all') faults.splice(0, Infinity, ...faults.filter((fault) => !fault.includes('has not copied')));
  const open = again.steps.filter((step) => step.blocked === null);
  if (open.length > 0) faults.push(`the next plan is not empty: ${open.map((step) => `${step.id} (${step.reason})`).join(', ')}`);
  const asking = asksFor(world, again);
  const blocked = again.steps.filter((step) => step.blocked !== null && !asking.has(step.id));
  if (held.size === 0 && approvals === 'all' && blocked.length > 0)
    faults.push(`nothing holds a link, and these steps are blocked: ${blocked.map((step) => `${step.id} (${step.blocked})`).join(', ')}`);
  for (let second = 0; second < 3; second += 1) tick(world);
  return faults;
}
