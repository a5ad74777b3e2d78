import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { REPOSITORY } from './repository.ts';

export interface GoatherdRun {
  /** 128 and the signal's number where a signal ended it, as a shell says it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const GOATHERD_MAIN = join(REPOSITORY, 'src', 'main.ts');

/** Runs the checkout's goatherd with this Node as a child process, `env` over this process's own environment, for at most five minutes. */
export async function runGoatherd(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
  options: Pick<Options, 'cwd' | 'uid' | 'gid' | 'input' | 'timeout' | 'cancelSignal'> = {},
): Promise<GoatherdRun> {
  const result = await execa(process.execPath, [GOATHERD_MAIN, ...args], {
    timeout: 300_000,
    ...options,
    reject: false,
    stripFinalNewline: false,
    env: { NO_COLOR: '1', ...env },
  });
  if (result.exitCode === undefined && result.signal === undefined) throw new Error('goatherd could not be started', { cause: result });
  const warning = /^\(node:\d+\).*$/m.exec(result.stderr);
  if (warning !== null) throw new Error(`goatherd ${args.join(' ')}: Node warns its users: ${warning[0]}`);
  const exitCode = result.exitCode ?? 128 + (SIGNAL_NUMBERS[result.signal ?? ''] ?? 0);
  return { exitCode, stdout: result.stdout, stderr: result.stderr };
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
