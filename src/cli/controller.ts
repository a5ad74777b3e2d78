import { openOutlook, pageToken } from '../controller/outlook.ts';
import { Controller } from '../controller/controller.ts';
import { openJournal } from '../controller/journal.ts';
import { serviceManager } from '../controller/service-manager.ts';
import { directorySource } from '../controller/source/directory.ts';
import { gitSource } from '../controller/source/git.ts';
import type { Source } from '../controller/source/reading.ts';
import { ERROR, INVALID } from '../lib/exit-codes.ts';
import { readGiven } from './given.ts';
import { diskFiles } from '../lib/files.ts';
import { toolVersion } from '../lib/version.ts';
import { DEFAULT_PATH } from '../topology/load.ts';
import type { HostConfig } from '../topology/model.ts';

export interface ControllerCliOptions {
  readonly config?: string;
  readonly logFormat?: 'json' | 'text';
}

/**
 * `goatherd controller [PATH]`: the unattended loop. Ends with 0 at the first SIGTERM or SIGINT, after the current statement; with 1 at the
 * second, at once. SIGHUP reads the source anew.
 */
export async function controller(path: string | undefined, options: ControllerCliOptions): Promise<number> {
  const { config } = await readGiven(null, options.config);
  if (config === null) return INVALID;
  const journal = openJournal(options.logFormat ?? (process.stdout.isTTY ? 'text' : 'json'), (line) => void process.stdout.write(line));
  const { name, version } = toolVersion();
  const source = sourceFor(path, config);
  journal.info(`${name} ${version} follows ${source.place}${source.ref === null ? '' : ` at ${source.ref}`}`, { pid: process.pid });
  // Before anything runs: without it nothing is served, and nothing is begun.
  const token = pageToken(config.listen);
  const running = new Controller({ config, source, journal, manager: serviceManager(process.env), tool: `${name} ${version}` });
  const outlook = openOutlook(running, config, token, journal);
  process.on('SIGHUP', () => running.reload());
  await firstSignal((signal) => journal.info(`${signal}: ending after the current statement (again to end at once)`));
  await running.stop();
  await outlook.close();
  await running.end();
  journal.info("ended; Bucardo's daemons run on");
  return 0;
}

function sourceFor(path: string | undefined, config: HostConfig): Source {
  const { source, controller: settings } = config;
  if (path !== undefined) return directorySource(path, diskFiles, settings.lookEveryMs);
  if (source === null) return directorySource(DEFAULT_PATH, diskFiles, settings.lookEveryMs);
  return source.kind === 'git' ? gitSource(source) : directorySource(source.path, diskFiles, settings.lookEveryMs);
}

/** Resolves at the first signal to end; the second ends the process, and its sessions with it. */
function firstSignal(tell: (signal: NodeJS.Signals) => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(ERROR);
      asked = true;
      tell(signal);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
