/** What is done about each topology: loops, plans, steps, approvals. */
import type { Plan } from '../../plan/model.ts';
import { type Durations, noDurations } from '../durations.ts';
import { actionOf } from '../document/plan-json.ts';
import { type Family, known, type Sample, timestamp } from './family.ts';

export const topologyFamilies: readonly Family[] = [
  {
    name: 'reconcile_total',
    type: 'counter',
    help: 'Loops over a topology, by what came of them.',
    labels: ['topology', 'result'],
    samples: ({ counters }) =>
      Object.entries(counters.reconciles).flatMap(([topology, results]) =>
        Object.entries(results).map(([result, value]) => ({ labels: { topology, result }, value })),
      ),
  },
  {
    name: 'reconcile_errors_total',
    type: 'counter',
    help: 'Steps and looks that failed; terminal ones are not cured by waiting.',
    labels: ['topology', 'class'],
    samples: ({ counters }) =>
      Object.entries(counters.errors).flatMap(([topology, counts]) =>
        (['transient', 'terminal'] as const).map((name) => ({ labels: { topology, class: name }, value: counts[name] })),
      ),
  },
  {
    name: 'reconcile_duration_seconds',
    type: 'histogram',
    help: 'How long the phases of a loop took.',
    labels: ['topology', 'phase'],
    samples: ({ counters }) => counters.durations.map(({ topology, phase, took }) => ({ labels: { topology, phase }, took })),
  },
  {
    name: 'last_reconcile_timestamp_seconds',
    type: 'gauge',
    help: 'When a topology was last observed (success), and when a run of it last failed (failure).',
    labels: ['topology', 'outcome'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, observedAt, history }) => [
        ...timestamp({ topology: name, outcome: 'success' }, observedAt),
        ...timestamp({ topology: name, outcome: 'failure' }, history.find(({ outcome }) => outcome === 'failed')?.endedAt),
      ]),
  },
  {
    name: 'next_retry_timestamp_seconds',
    type: 'gauge',
    help: 'When what failed is tried again.',
    labels: ['topology', 'link'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, retries }) =>
        retries.flatMap(({ address, nextAt }) => timestamp({ topology: name, link: linkOf(address) }, nextAt)),
      ),
  },
  {
    name: 'pending_steps',
    type: 'gauge',
    help: 'Steps of the current plan, by what they do and whether an approval is missing.',
    labels: ['topology', 'action', 'approval'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, plan }) => {
        if (plan === null) return [];
        const unapproved = new Set(plan.approvals.required.filter(({ given }) => !given).flatMap(({ steps }) => steps));
        return (['create', 'change', 'remove', 'wait', 'verify'] as const).flatMap((action) =>
          (['none', 'required'] as const).map((approval) => ({
            labels: { topology: name, action, approval },
            value: plan.steps.filter((step) => actionOf(step.symbol) === action && unapproved.has(step.id) === (approval === 'required'))
              .length,
          })),
        );
      }),
  },
  {
    name: 'drift_facts',
    type: 'gauge',
    help: 'Facts that are not as they were applied, by what is done about them; link is empty for those of databases and instances.',
    labels: ['topology', 'link', 'treatment'],
    samples: ({ snapshot }) => snapshot.topologies.flatMap(({ name, plan }) => (plan === null ? [] : driftFacts(name, plan))),
  },
  {
    name: 'drift_corrected_total',
    type: 'counter',
    help: 'Facts that had drifted and were put back.',
    labels: ['topology', 'link'],
    samples: ({ counters }) => counters.driftCorrected.map(({ topology, link, count }) => ({ labels: { topology, link }, value: count })),
  },
  {
    name: 'steps_total',
    type: 'counter',
    help: 'Steps that were carried out.',
    labels: ['topology', 'kind', 'result'],
    samples: ({ counters }) =>
      counters.steps.map(({ topology, kind, result, took }) => ({ labels: { topology, kind, result }, value: took.count })),
  },
  {
    name: 'step_duration_seconds',
    type: 'histogram',
    help: 'How long steps took, over all topologies.',
    labels: ['kind'],
    samples: ({ counters }) =>
      [...Map.groupBy(counters.steps, ({ kind }) => kind)].map(([kind, all]) => ({
        labels: { kind },
        took: all.map(({ took }) => took).reduce(together, noDurations),
      })),
  },
  {
    name: 'lock_attempts_total',
    type: 'counter',
    help: 'Tries to have the lock of a table of users or of Bucardo, by how they ended; what somebody has held for long is put off without one.',
    labels: ['topology', 'database', 'mode', 'result'],
    samples: ({ counters }) =>
      counters.locks.flatMap(({ topology, database, mode, ...counts }) =>
        (['acquired', 'timeout', 'put_off'] as const).map((result) => ({
          labels: { topology, database, mode, result },
          value: counts[result],
        })),
      ),
  },
  {
    name: 'lock_wait_seconds',
    type: 'histogram',
    help: "How long tries for a table's lock took, with the statements that needed it: no writer of that table waited longer for one.",
    labels: ['topology', 'database', 'mode'],
    samples: ({ counters }) => counters.locks.map(({ topology, database, mode, took }) => ({ labels: { topology, database, mode }, took })),
  },
  {
    name: 'gate_closed_since_timestamp_seconds',
    type: 'gauge',
    help: 'Since when a wait holds the steps behind it.',
    labels: ['topology', 'link', 'gate'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap(({ name, plan, run }): Sample[] =>
        (run?.endedAt === null ? run.steps : [])
          .filter(({ symbol, state }) => symbol === '|' && (state === 'waiting' || state === 'running'))
          .flatMap(({ id, address, startedAt }) => {
            const gate = plan?.steps.find((step) => step.id === id)?.gate?.condition;
            return gate === undefined ? [] : timestamp({ topology: name, link: linkOf(address), gate }, startedAt);
          }),
      ),
  },
  {
    name: 'suspended',
    type: 'gauge',
    help: 'Whether a person told the controller to leave a topology alone.',
    labels: ['topology'],
    samples: ({ snapshot }) => snapshot.topologies.flatMap(({ name, suspended }) => known({ topology: name }, suspended === null ? 0 : 1)),
  },
  {
    name: 'suspended_until_timestamp_seconds',
    type: 'gauge',
    help: 'When a suspension ends by itself; absent where it does not.',
    labels: ['topology'],
    samples: ({ snapshot }) => snapshot.topologies.flatMap(({ name, suspended }) => timestamp({ topology: name }, suspended?.until)),
  },
  {
    name: 'revision_info',
    type: 'gauge',
    help: 'Always 1; the labels say what the source says now (desired), what was last planned (attempted) and what last converged (applied).',
    labels: ['topology', 'role', 'revision'],
    samples: ({ snapshot }) =>
      snapshot.topologies.flatMap((topology) =>
        (['desired', 'attempted', 'applied'] as const).flatMap((role) => {
          const revision = topology[role];
          return revision === null ? [] : [{ labels: { topology: topology.name, role, revision }, value: 1 }];
        }),
      ),
  },
];

/** Each link of the plan has its samples, 0 where nothing of it has drifted. */
function driftFacts(topology: string, { links, changes }: Plan): readonly Sample[] {
  const own = links.map(({ address }) => address);
  return [topology, ...own].flatMap((address) =>
    (['heal', 'warn', 'contended'] as const).map((treatment) => ({
      labels: { topology, link: linkOf(address), treatment },
      value: changes
        .filter((change) => change.address === address || (address === topology && !own.includes(change.address)))
        .reduce((sum, { drift }) => sum + (drift?.treatment === treatment ? drift.keys.length : 0), 0),
    })),
  );
}

/** The link's name in its topology; empty for an address that is none. */
function linkOf(address: string): string {
  return address.split(/\/(.*)/, 2)[1] ?? '';
}

function together(left: Durations, right: Durations): Durations {
  return {
    buckets: left.buckets.map((count, index) => count + (right.buckets[index] ?? 0)),
    count: left.count + right.count,
    sum: left.sum + right.sum,
  };
}
