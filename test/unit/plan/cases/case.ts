/** A plan as the planner makes it of a world, for a reader to look at. */
import type { Plan } from '../../../../src/plan/model.ts';
import type { ReportMeta } from '../../../../src/report/meta.ts';
import { topologyOf, worldOf } from '../world/world-build.ts';
import { tick } from '../world/world-daemon.ts';
import { planFor, reconcile } from '../world/world-run.ts';
import { declare, type World } from '../world/world.ts';

export interface Case {
  readonly plan: Plan;
  /** What is said besides the plan, where it is refused. */
  readonly refusal?: { readonly code: string; readonly message: string; readonly hint: string };
}

export const meta: ReportMeta = {
  tool: { name: 'goatherd', version: '0.1.0' },
  revision: '4f2c9e1',
  observedAt: Date.UTC(2026, 10, 23, 6, 14, 2),
  observedMs: 1900,
};

/** A shop on three servers. */
const FILE = `topology: orders
databases:
  a: {host: pg-a.internal, dbname: orders, password: {env: PASSWORD_OF_A}}
  b: {host: pg-b.internal, dbname: orders, password: {env: PASSWORD_OF_B}}
  c: {host: pg-c.internal, dbname: orders, password: {env: PASSWORD_OF_C}}
`;

export const CHAIN = 'links: [a -> b, b -> c]';

export const file = (links: string): string => `${FILE}${links}\n`;

const TABLES = [
  { name: 'customer', key: ['id'], referencedBy: ['public.invoice'] },
  { name: 'invoice', key: ['id'], referencedBy: ['public.item'] },
  { name: 'item', key: ['invoice_id', 'line'] },
];

const ROWS = { customer: ['c1', 'c2'], invoice: ['i1', 'i2', 'i3'], item: ['l1', 'l2', 'l3', 'l4'] };

/** A world with rows on A and nothing of goatherd's. */
export function empty(links = CHAIN, more: Partial<Parameters<typeof worldOf>[0]> = {}): World {
  return worldOf({ topology: file(links), tables: TABLES, rows: { a: ROWS }, more: ['a', 'b', 'c'], ...more });
}

/** The same, converged. */
export function converged(links = CHAIN): World {
  const world = empty(links);
  const { fault } = reconcile(world, { choose: () => 0, approvals: [] });
  if (fault !== null) throw new Error(fault);
  tick(world);
  return world;
}

/** What is planned when the file says this. */
export function planOf(world: World, links?: string): Plan {
  if (links !== undefined) declare(world, topologyOf(file(links)));
  return planFor(world);
}
