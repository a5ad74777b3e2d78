/** Plans that remove links, in each state of their approval. */
import type { Plan } from '../../../src/plan/model.ts';
import type { Step } from '../../../src/plan/step-model.ts';
import { change, diagnostic, drawing, link, plan, readersWait, step } from './builders.ts';

const id = '52fe-9103';

/** What it takes to remove `b -> c`, every step blocked by the same reason, if by any. */
function removalOf(name: string, blocked: string | null): readonly Step[] {
  const [from = '', to = ''] = name.split('-');
  const gone = { symbol: '-', destructive: true, blocked } as const;
  return [
    step(name, 'wait_drained', `${name} drained`, {
      symbol: '|',
      on: [from, to],
      gate: { condition: 'Drained', holds: [], warnAfterSeconds: 600 },
      blocked,
    }),
    step(name, 'deactivate', `deactivate sync orders_${from}_${to}: ${to} follows ${from} no longer`, {
      ...gone,
      hazards: ['PAUSES_LINK', 'LOSES_RESUME'],
      objects: 1,
    }),
    step(name, 'drop_triggers', `drop 84 triggers of ${name} on 42 tables of ${from}`, {
      ...gone,
      on: [from],
      lock: readersWait,
      objects: 42,
      estimateSeconds: 1,
    }),
    step(name, 'drop_control', `drop control database of orders_${from}_${to}, its pid directory and log`, {
      ...gone,
      objects: 1,
      estimateSeconds: 1,
    }),
    step(name, 'forget', `forget ${name} in the ledger`, { symbol: '-', blocked }),
  ];
}

function removal(names: readonly string[], blocked: string | null, rest: Partial<Plan> = {}): Plan {
  const steps = names.flatMap((name) => removalOf(name, blocked));
  return plan({
    verdict: blocked === null ? 'changes' : 'blocked',
    drawing: drawing(['a-b', ...names]),
    changes: names.map((name) =>
      change(
        'remove',
        `orders/${name}`,
        `link ${name}: all that stands for it; no row of ${name.slice(-1)} is touched`,
        'its file no longer names it',
      ),
    ),
    steps,
    approvals: { required: [{ id, steps: steps.filter((one) => one.destructive).map((one) => one.id), given: false }] },
    risk: { maxLock: 'ACCESS EXCLUSIVE', destructive: true, sentences: ['Drops what stands for b-c; no table of yours.'] },
    links: ['a-b', ...names].map((name) => link(name, { state: 'converged', copy: 'copied 2026-11-20' })),
    ...rest,
  });
}

const given = (of: Plan, cap?: string): Plan['approvals'] => ({
  required: of.approvals.required.map((one) => ({ ...one, given: true, ...(cap === undefined ? {} : { cap }) })),
});

const missing = removal(['b-c'], `approval ${id} is missing`);
const cap = 'cap links_removed: 2 > 1';
const capped = removal(['b-c', 'b-d'], cap);
const approvedNow = removal(['b-c'], null);

/** By the name of their golden files. */
export const removalPlans: Readonly<Record<string, readonly Plan[]>> = {
  'removal-blocked': [missing],
  'removal-approved': [{ ...approvedNow, approvals: given(approvedNow) }],
  'removal-over-a-cap': [{ ...capped, approvals: given(capped, cap) }],
  'removal-protected': [
    removal(['b-c'], 'protected', {
      approvals: { required: [] },
      diagnostics: [
        diagnostic(
          'warning',
          'Protected',
          'orders/b-c',
          'b-c is protected, and its file no longer names it: it runs on as it was last applied',
          {
            hint: 'put its line back without `protect`, reconcile, and then remove it',
          },
        ),
      ],
    }),
  ],
  destroy: [{ ...missing, file: '' }],
};
