import { diskFiles } from '../lib/files.ts';
import { styleFor } from '../lib/style.ts';
import { renderProblems } from '../report/problems.ts';
import { loadHostConfig, loadTopologies } from '../topology/load.ts';
import type { HostConfig, Problem, Topology } from '../topology/model.ts';

/** What a command is given to work on. */
export interface Given {
  /** Null when a file or a setting has an error: nothing may be done. */
  readonly config: HostConfig | null;
  readonly topologies: readonly Topology[];
  readonly problems: readonly Problem[];
}

/**
 * Reads topology files (`paths`; null for none at all) and the host settings, and says their problems on standard error; with `quiet` only
 * errors, where warnings are said by the commands that plan.
 */
export async function readGiven(paths: readonly string[] | null, settings: string | undefined, quiet = false): Promise<Given> {
  const loaded = paths === null ? { topologies: [], problems: [] } : await loadTopologies(paths, diskFiles);
  const host = await loadHostConfig({ option: settings, environment: process.env['GOATHERD_CONFIG'] }, diskFiles);
  const problems = [...host.problems, ...loaded.problems];
  const errors = problems.filter((problem) => problem.severity === 'error');
  const said = quiet ? errors : problems;
  if (said.length > 0) process.stderr.write(renderProblems(said, styleFor(process.stderr, process.env)));
  return { config: errors.length > 0 ? null : (host.config ?? null), topologies: loaded.topologies, problems };
}
