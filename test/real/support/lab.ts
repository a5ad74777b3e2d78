import { existsSync } from 'node:fs';
import type { Lab } from '../../../src/lab/lab.ts';
import { registeredLabs } from '../../../src/lab/registry.ts';
import { startLab, type StartOptions } from '../../../src/lab/start-lab.ts';
import { takeDown } from '../../../src/lab/teardown.ts';

/** Starts a lab (clusters a, b and c unless told), gives it to `work`, and takes it down whatever happens. */
export async function withLab<T>(options: Partial<StartOptions>, work: (lab: Lab) => Promise<T>): Promise<T> {
  await (sweeping ??= sweepLeaked());
  const lab = await startLab({ clusters: ['a', 'b', 'c'], ...options });
  try {
    return await work(lab);
  } finally {
    await lab.stop();
  }
}

let sweeping: Promise<void> | undefined;

/** Takes down what test processes that were killed left running: their servers would slow every later run. */
async function sweepLeaked(): Promise<void> {
  for (const { dir, temporary, pid } of await registeredLabs()) {
    if (!temporary || existsSync(`/proc/${pid}`)) continue;
    // Another test process may be at it too, and it may be gone already.
    await takeDown(dir).catch(() => undefined);
  }
}
