import { stopBucardoDaemons } from '../../src/lab/bucardo-daemons.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { readState } from '../../src/lab/state.ts';
import { query } from '../../test/real/support/query.ts';

/** Ends every daemon of a lab and what its sessions still do, so that what is measured next has the machine for itself. */
export async function standStill(lab: Lab): Promise<void> {
  await stopBucardoDaemons(await readState(lab.dir));
  for (const cluster of Object.values(lab.clusters)) {
    await query(cluster, 'postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'bucardo %'");
  }
}
