import type { Progress } from './run-model.ts';
import type { TopologySnapshot } from '../status/snapshot-model.ts';

/** How far the copy of a link is, as the run that goes on says; null when none waits for it. `address`: `orders/a-b`. */
export function copyProgress({ run }: Pick<TopologySnapshot, 'run'>, address: string): Progress | null {
  if (run === null || run.endedAt !== null) return null;
  const step = run.steps.find((one) => one.address === address && /\/(?:wait_copy|copy_tables)$/.test(one.id) && one.endedAt === null);
  return step?.progress ?? null;
}
