import { diskFiles } from '../lib/files.ts';
import { styleFor } from '../lib/style.ts';
import { toolVersion } from '../lib/version.ts';
import { observe } from '../observe/observe.ts';
import { observeBacklog, observeCopies } from '../observe/observe-backlog.ts';
import { observeLedger } from '../observe/observe-ledger.ts';
import { withFormer } from '../plan/view/former.ts';
import { makePlan } from '../plan/make-plan.ts';
import { copyingLinks, statusOf } from '../plan/status.ts';
import type { TopologyStatus } from '../plan/status-model.ts';
import { Access } from '../postgres/access.ts';
import { renderProblems } from '../report/problems.ts';
import { statusDocument } from '../report/status-json.ts';
import { statusText } from '../report/status-text.ts';
import { loadHostConfig, loadTopologies } from '../topology/load.ts';
import type { HostConfig, Topology } from '../topology/model.ts';
import { reportStyle } from './report-style.ts';

export interface StatusOptions {
  readonly config?: string;
  readonly json?: boolean;
}

const INVALID = 78;
const UNKNOWN = 1;

/** `goatherd status [PATH…]`: what stands, link by link; writes nothing anywhere (rule 16). 0 when it was observed, 1 without the hub. */
export async function status(paths: readonly string[], options: StatusOptions): Promise<number> {
  const loaded = await loadTopologies(paths, diskFiles);
  const host = await loadHostConfig({ option: options.config, environment: process.env['GOATHERD_CONFIG'] }, diskFiles);
  const errors = [...host.problems, ...loaded.problems].filter((problem) => problem.severity === 'error');
  if (errors.length > 0) process.stderr.write(renderProblems(errors, styleFor(process.stderr, process.env)));
  const { config } = host;
  if (config === undefined || errors.length > 0) return INVALID;
  const ledger = await observeLedger(config);
  const observedAt = Date.now();
  const statuses = await Promise.all(loaded.topologies.map((topology) => look(withFormer(topology, ledger), config)));
  const exitCode = statuses.some((one) => one.verdict === 'unknown') ? UNKNOWN : 0;
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(statusDocument(statuses, { tool: toolVersion(), observedAt, exitCode }), null, 2)}\n`);
  else {
    const width = process.stdout.isTTY ? Math.max(80, process.stdout.columns) : 100;
    process.stdout.write(statusText(statuses, { now: observedAt, width, style: reportStyle(process.stdout) }));
  }
  return exitCode;
}

async function look(topology: Topology, config: HostConfig): Promise<TopologyStatus> {
  const access = new Access(config, topology, { applicationName: 'goatherd status' });
  try {
    const [{ observation, ledger }, backlog] = await Promise.all([observe(access, topology), observeBacklog(access, topology)]);
    const copies = await observeCopies(access, topology, copyingLinks(topology, observation, ledger));
    const plan = makePlan(topology, observation, ledger, config, { approvals: [] });
    return statusOf(topology, observation, ledger, plan, { backlog, copies });
  } finally {
    await access.end();
  }
}
