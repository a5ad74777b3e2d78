import { renameSync, writeFileSync } from 'node:fs';
import { GoatherdError } from '../../lib/errors.ts';
import { toolVersion } from '../../lib/version.ts';
import { observeDeltaBytes } from '../../observe/observe-delta-bytes.ts';
import { observeLedger } from '../../observe/observe-ledger.ts';
import { withFormer } from '../../plan/view/remembered/former.ts';
import { Access } from '../../postgres/access.ts';
import { lookText } from '../../report/metrics/metrics-text.ts';
import type { RunOutcome } from '../../report/run/run-model.ts';
import type { TopologySnapshot } from '../../report/status/snapshot-model.ts';
import type { HostConfig, Problem, Topology } from '../../topology/model.ts';
import { lookAt } from '../look.ts';

/**
 * Looks at the topologies as they are now and writes what is seen as metrics, for the textfile collector of a node exporter. The file is
 * whole at each moment: it is written under another name, which no collector reads, and takes the place of the one before.
 * @throws GoatherdError `MetricsFile` where it cannot be written
 */
export async function writeMetricsFile(
  file: string,
  topologies: readonly Topology[],
  problems: readonly Problem[],
  config: HostConfig,
): Promise<void> {
  const ledger = await observeLedger(config);
  const seen = await Promise.all(topologies.map((topology) => snapshotOf(withFormer(topology, ledger), config)));
  const build = { version: toolVersion().version, nodeVersion: process.version };
  const text = await lookText({ snapshot: { topologies: seen, problems, conditions: [] }, build });
  const unread = `${file}.${process.pid}.tmp`;
  try {
    // A node exporter runs as another user; there are no secrets in it.
    writeFileSync(unread, text, { mode: 0o644 });
    renameSync(unread, file);
  } catch (error) {
    throw new GoatherdError('MetricsFile', `the metrics could not be written: ${(error as Error).message}`, { cause: error });
  }
}

async function snapshotOf(topology: Topology, config: HostConfig): Promise<TopologySnapshot> {
  const access = new Access(config, topology, { applicationName: 'goatherd reconcile' });
  try {
    const [{ status, plan, conditions, retries, runs, at, ledger }, deltaBytes] = await Promise.all([
      lookAt(topology, config, 'reconcile'),
      observeDeltaBytes(access, topology),
    ]);
    const suspension = ledger.suspensions[topology.name];
    return {
      name: topology.name,
      file: topology.file,
      desired: null,
      attempted: null,
      applied: null,
      status,
      plan,
      conditions,
      deltaBytes,
      observedAt: at,
      nextLookAt: null,
      run: null,
      history: runs.map((run) => ({ ...run, outcome: run.outcome as RunOutcome })),
      suspended: suspension === undefined ? null : { ...suspension, until: suspension.until ?? null },
      retries,
      renames: {},
    };
  } finally {
    await access.end();
  }
}
