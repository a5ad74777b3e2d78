/** Plays a history in the world, and says everything that the rules forbid and that happened. */
import { sequence } from '../arbitrary-world.ts';
import { heldLinks, unmet } from '../expectations.ts';
import { worldOf } from '../world-build.ts';
import { tick } from '../world-daemon.ts';
import { planFor, reconcile, reconcileWithCrash, type RunOptions } from '../world-run.ts';
import { insert } from '../world-users.ts';
import { dataOf, declare, violate, type World } from '../world.ts';
import type { Plan } from '../../../../src/plan/model.ts';
import type { History, Round } from './arbitrary-history.ts';
import { drift } from './drifts.ts';
import { edit } from './edits.ts';
import { declared, NAMES, plainLink, textOf, type TopologyFile } from './file.ts';

export interface Played {
  readonly world: World;
  /** Empty when all is as it must be; the round's number stands in front. */
  readonly faults: readonly string[];
}

/** A -> B -> C to begin with. */
function firstFile(): TopologyFile {
  return { links: [plainLink('a', 'b'), plainLink('b', 'c')], cascadeOff: [], removed: [] };
}

export function play(history: History): Played {
  const file = firstFile();
  const specs = [
    { name: 't1', key: ['id'], ...(history.references ? { referencedBy: ['public.t2'] } : {}) },
    { name: 't2', key: ['id', 'line'] },
  ].slice(0, history.tables);
  const rows = { a: Object.fromEntries(specs.map((table) => [table.name, ['r1', 'r2']])) };
  const world = worldOf({ topology: textOf(file), tables: specs, rows, more: NAMES, copyTicks: 2 });
  const next = sequence(history.seed);
  const faults: string[] = [...settled(world, next, true)];
  for (const [index, round] of history.rounds.entries()) {
    if (faults.length > 0) break;
    change(world, file, round);
    for (let count = 0; count < round.writes; count += 1) write(world, next);
    faults.push(...run(world, round, next).map((fault) => `round ${index + 1}: ${fault}`));
  }
  return { world, faults };
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

/** A row on a database that nothing enters. */
function write(world: World, next: (count: number) => number): void {
  const roots = NAMES.filter(
    (name) => world.topology.links.every((link) => link.to !== name) && world.topology.links.some((link) => link.from === name),
  );
  const root = roots[next(Math.max(1, roots.length))];
  if (root === undefined) return;
  const tables = world.databases[root]?.facts.tables ?? [];
  const table = tables[next(Math.max(1, tables.length))];
  if (table !== undefined) insert(world, root, table.address, `w${world.now}-${dataOf(world, root, table.address).rows.size}`);
}

function run(world: World, round: Round, next: (count: number) => number): string[] {
  const approvals = round.approves ? 'all' : [];
  const options: RunOptions = {
    choose: next,
    approvals,
    users: (seen) => {
      if (next(6) === 0) write(seen, next);
    },
    onPlan: (plan) => checkApprovals(world, plan, round.approves),
  };
  if (round.killedAt !== null) {
    const { fault } = reconcileWithCrash(world, world.statements + round.killedAt, round.seconds, options);
    if (fault !== null && !waitsForAPerson(world, fault)) return [fault, ...world.violations];
  }
  return settled(world, next, round.approves);
}

/** Nothing destructive is done that no word approves, and nothing at all to what is protected (rules 13 and 14). */
function checkApprovals(world: World, plan: Plan, approves: boolean): void {
  for (const step of plan.steps.filter((one) => one.destructive && one.blocked === null)) {
    if (!approves && !world.ledger.approvals.some((one) => one.step === step.id))
      violate(world, `rule 13: ${step.id} was done and nobody approved it`);
    const known = world.ledger.links[step.address]?.definition ?? null;
    const stands = world.declared.links.some((link) => link.address === step.address);
    if (known?.protect === true && !stands) violate(world, `rule 14: ${step.id} would remove ${step.address}, which is protected`);
  }
}

/**
 * A link that writes to helper tables which somebody took from a suspended link below runs again when that one may be touched.
 */
function waitsForAPerson(world: World, fault: string): boolean {
  return world.tampered.size > 0 && fault.endsWith('arrival') && Object.keys(world.ledger.suspensions).length > 0;
}

/** Runs until nothing more may be done, and holds the world against what is declared. */
function settled(world: World, next: (count: number) => number, approves: boolean): string[] {
  const approvals = approves ? 'all' : [];
  const users = (seen: World): void => {
    if (next(6) === 0) write(seen, next);
  };
  const { fault } = reconcile(world, { choose: next, approvals, users, onPlan: (seen) => checkApprovals(world, seen, approves) });
  if (fault !== null && waitsForAPerson(world, fault)) return world.violations;
  if (fault !== null) return [fault, ...world.violations];
  declare(world, world.declared);
  const again = planFor(world, approvals);
  // A link that was never copied may wait for an approval; all others run on.
  const waiting = again.steps.filter((step) => step.blocked !== null).map((step) => step.address);
  const faults = unmet(world, new Set(waiting.filter((address) => (world.ledger.links[address]?.receipt ?? null) === null)));
  const held = heldLinks(world);
  // A copy that is asked for again and empties tables waits for its approval, and holds nothing else.
  if (!approves) faults.splice(0, Infinity, ...faults.filter((fault) => !fault.includes('has not copied generation')));
  const open = again.steps.filter((step) => step.blocked === null);
  if (open.length > 0) faults.push(`the next plan is not empty: ${open.map((step) => `${step.id} (${step.reason})`).join(', ')}`);
  const blocked = again.steps.filter((step) => step.blocked !== null && step.blocked !== 'protected');
  if (held.size === 0 && approves && blocked.length > 0)
    faults.push(`nothing holds a link, and these steps are blocked: ${blocked.map((step) => `${step.id} (${step.blocked})`).join(', ')}`);
  for (let second = 0; second < 3; second += 1) tick(world);
  return faults;
}
