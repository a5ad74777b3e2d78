import type { Lab } from '../../../src/lab/lab.ts';
import { startLab, type StartOptions } from '../../../src/lab/start-lab.ts';

/** Starts a lab (clusters a, b and c unless told), gives it to `work`, and takes it down whatever happens. */
export async function withLab<T>(options: Partial<StartOptions>, work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startLab({ clusters: ['a', 'b', 'c'], ...options });
  try {
    return await work(lab);
  } finally {
    await lab.stop();
  }
}
