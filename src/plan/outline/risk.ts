import { plural } from '../../lib/format.ts';
import { emptiedBy } from '../approvals.ts';
import type { Drift } from '../drift/drift.ts';
import type { Link } from '../../topology/model.ts';
import type { LockMode, Step } from '../step-model.ts';
import type { Risk } from '../model.ts';

const MODES: readonly LockMode[] = ['none', 'ACCESS SHARE', 'SHARE ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'];

/** The RISK line: what the steps can do to users, worst first. `links`: those that run, and the instances they run in. */
export function riskOf(
  steps: readonly Step[],
  drift: readonly Pick<Drift, 'address' | 'loses' | 'of'>[],
  links: readonly Pick<Link, 'id' | 'address' | 'instance'>[],
): Risk {
  const acting = steps.filter((step) => step.gate === null);
  const maxLock = acting.reduce<LockMode>(
    (worst, step) => (MODES.indexOf(step.lock.mode) > MODES.indexOf(worst) ? step.lock.mode : worst),
    'none',
  );
  const emptied = acting.filter((step) => step.hazards.includes('EMPTIES_TABLES') && step.destructive);
  const writers = acting.filter((step) => step.hazards.includes('LOCKS_WRITERS'));
  const removed = acting.filter((step) => step.hazards.includes('LOSES_RESUME'));
  const dropped = acting.filter((step) => step.kind === 'drop_triggers' || step.kind === 'drop_helpers' || step.kind === 'drop_control');
  const losing = new Set(drift.filter((fact) => fact.loses).map((fact) => `${fact.address.split('/').at(-1)}: ${fact.of}`));
  return {
    maxLock,
    destructive: acting.some((step) => step.destructive),
    sentences: [
      ...[...losing].map((of) => `Writes may be lost now on ${of}.`),
      ...emptied.map((step) => `Empties ${plural(emptiedBy(step), 'table')} of ${step.on.at(-1) ?? ''} that hold rows.`),
      ...lockSentence(writers),
      ...pauseSentences(acting, links),
      ...removed.map((step) => `After step ${step.seq}, ${step.what.split(': ')[1] ?? step.address}; to come back means a copy.`),
      ...(dropped.length > 0
        ? [`Drops what stands for ${[...new Set(dropped.map((step) => step.address.split('/').at(-1)))].join(', ')}; no table of yours.`]
        : []),
      ...(acting.length > 0 && emptied.length + dropped.length === 0 ? ['Nothing is emptied or dropped.'] : []),
    ],
  };
}

/** Links that stand still for a while: those that are copied anew until that is done, others as long as a restart takes. */
function pauseSentences(steps: readonly Step[], links: readonly Pick<Link, 'id' | 'address' | 'instance'>[]): string[] {
  const pausing = steps.filter((step) => step.hazards.includes('PAUSES_LINK') && !step.hazards.includes('LOSES_RESUME'));
  const ended = new Set(steps.filter((step) => step.hazards.includes('LOSES_RESUME')).map((step) => step.address));
  const paused = links.filter(
    ({ address, instance }) =>
      !ended.has(address) && pausing.some((step) => step.address === address || step.address.endsWith(`/instance/${instance}`)),
  );
  const again = new Set(steps.filter((step) => step.work.kind === 'copy_tables' && step.work.again).map((step) => step.address));
  const named = (copied: boolean): string =>
    paused
      .filter((link) => again.has(link.address) === copied)
      .map((link) => link.id)
      .join(', ');
  return [
    ...(named(true) === '' ? [] : [`Pauses ${named(true)} until the tables are copied again.`]),
    ...(named(false) === '' ? [] : [`Pauses ${named(false)} for a few seconds.`]),
  ];
}

function lockSentence(writers: readonly Step[]): string[] {
  if (writers.length === 0) return [];
  const perDatabase = new Map<string, number>();
  for (const step of writers) for (const name of step.on) perDatabase.set(name, Math.max(perDatabase.get(name) ?? 0, step.objects ?? 0));
  const where = [...perDatabase].map(([name, count]) => `${plural(count, 'table')} of ${name}`);
  const wait = Math.max(...writers.map((step) => step.lock.timeoutMs ?? 0));
  const who = writers.some((step) => step.hazards.includes('LOCKS_READERS')) ? 'readers and writers' : 'writers';
  return [`Locks ${who} of ${where.join(', ')}: one table at a time, they wait at most ${wait / 1000} s per try.`];
}
