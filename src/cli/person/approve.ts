import { userInfo } from 'node:os';
import { wakeHolder } from '../../ledger/requests.ts';
import { ensureLedger } from '../../ledger/ensure.ts';
import { LedgerWriter } from '../../ledger/write.ts';
import { BLOCKED, ERROR, INVALID } from '../../lib/exit-codes.ts';
import { plural } from '../../lib/format.ts';
import { observe } from '../../observe/observe.ts';
import { observeLedgerStrictly } from '../../observe/observe-ledger.ts';
import { judgedCap } from '../../plan/approvals.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Plan } from '../../plan/model.ts';
import { readGiven } from '../given.ts';
import { Access } from '../../postgres/access.ts';
import type { HostConfig, Topology } from '../../topology/model.ts';

export interface ApproveOptions {
  readonly config?: string;
  /** Whether it passes the host's caps, as `reconcile --approve` does. */
  readonly overCap?: boolean;
  readonly reason?: string;
}

/**
 * `goatherd approve ID [PATH…]`: plans, and writes a person's word for each destructive step of the plan that requires exactly this id
 * into the ledger, where whoever acts next finds it (rule 17). Another id is refused, and those that are required now are named.
 */
export async function approve(id: string, paths: readonly string[], options: ApproveOptions): Promise<number> {
  const { config, ...given } = await readGiven(paths, options.config);
  if (config === null) return INVALID;
  const ledger = await observeLedgerStrictly(config);
  const topologies = given.topologies.map((topology) => withFormer(topology, ledger));
  const accesses = topologies.map((topology) => new Access(config, topology, { applicationName: 'goatherd approve' }));
  try {
    const plans = await Promise.all(topologies.map((topology, index) => planOf(topology, accesses[index] as Access, config)));
    const found = plans.findIndex((plan) => plan.approvals.required.some((required) => required.id === id));
    const [plan, access, topology] = [plans[found], accesses[found], topologies[found]];
    if (plan === undefined || access === undefined || topology === undefined) {
      process.stderr.write(`goatherd: no plan requires ${id}\nhint: ${requiredNow(plans)}\n`);
      return ERROR;
    }
    return await record(id, plan, access, topology, options);
  } finally {
    await Promise.all(accesses.map((access) => access.end()));
  }
}

async function planOf(topology: Topology, access: Access, config: HostConfig): Promise<Plan> {
  const { observation, ledger } = await observe(access, topology);
  return makePlan(topology, observation, ledger, config, { approvals: [] });
}

async function record(id: string, plan: Plan, access: Access, topology: Topology, options: ApproveOptions): Promise<number> {
  const overCap = options.overCap === true;
  const steps = plan.approvals.required.flatMap((required) => (required.id === id ? required.steps : []));
  await ensureLedger(access);
  const by = userInfo().username;
  await new LedgerWriter(access).words.approve(plan.topology, { id, steps, by, overCap, reason: options.reason ?? '' });
  await wakeHolder(access);
  const cap = overCap
    ? null
    : judgedCap(
        topology,
        plan.steps.filter((step) => steps.includes(step.id)),
        access.config.caps,
      );
  const tail = cap === null ? '' : `; it stays blocked, ${cap}: --over-cap passes it`;
  const reason = options.reason === undefined ? '' : ` (${options.reason})`;
  process.stdout.write(`${plan.topology}: ${by} approved ${id}, ${plural(steps.length, 'step')}${reason}${tail}\n`);
  return cap === null ? 0 : BLOCKED;
}

/** What could be approved instead: `orders needs 52fe-9103`. */
function requiredNow(plans: readonly Plan[]): string {
  const needs = plans.flatMap((plan) =>
    plan.approvals.required
      .filter((required) => !required.given || required.cap !== undefined)
      .map((required) => `${plan.topology} needs ${required.id}`),
  );
  return needs.length === 0 ? 'no approval is missing now' : needs.join(', ');
}
