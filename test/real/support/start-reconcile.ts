import { execa } from 'execa';
import type { Lab } from '../../../src/lab/lab.ts';
import { eventually } from './eventually.ts';
import { reconcileArgs } from './reconciled.ts';
import { GOATHERD_MAIN, type GoatherdRun } from './run-goatherd.ts';

/** A run that was begun and not yet awaited. */
export interface StartedRun {
  readonly pid: number;
  /** What it has said on stderr so far. */
  stderr(): string;
  /** Resolves once a line on stderr matches, false when the run ends before. */
  says(pattern: RegExp): Promise<boolean>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<GoatherdRun>;
}

/** Begins `goatherd reconcile`; whoever begins it awaits `ended`. `killAtFirst`: SIGKILL at the first such line on stderr. */
export function startReconcile(
  lab: Lab,
  options: {
    readonly killAtFirst?: (line: string) => boolean;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string | undefined>>;
  } = {},
): StartedRun {
  const child = execa(process.execPath, [GOATHERD_MAIN, ...reconcileArgs(lab, options.args)], {
    timeout: 300_000,
    reject: false,
    stripFinalNewline: false,
    env: { NO_COLOR: '1', ...options.env },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('goatherd could not be started');
  let said = '';
  let over = false;
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (options.killAtFirst !== undefined && said.split('\n').slice(0, -1).some(options.killAtFirst)) child.kill('SIGKILL');
  });
  const ended = child.then((result): GoatherdRun => {
    over = true;
    return { exitCode: result.exitCode ?? (result.signal === 'SIGKILL' ? 137 : -1), stdout: result.stdout, stderr: result.stderr };
  });
  return {
    pid,
    stderr: () => said,
    says: async (pattern) => {
      await eventually(() => over || pattern.test(said), { timeoutMs: 280_000, everyMs: 20 });
      return pattern.test(said);
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
