import { execa } from 'execa';
import { expect } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import { eventually } from './eventually.ts';
import { GOATHERD_MAIN, type GoatherdRun, runGoatherd } from './run-goatherd.ts';

/** What tests read of `--output json`. */
export interface PlanDocument {
  readonly exit_code: { readonly plain: number; readonly detailed: number };
  readonly plans: readonly {
    readonly verdict: string;
    readonly steps: readonly { readonly id: string; readonly kind: string; readonly address: string; readonly blocked: string | null }[];
    readonly diagnostics: readonly {
      readonly severity: string;
      readonly code: string;
      readonly address: string;
      readonly message: string;
      readonly hint: string;
      readonly objects: readonly string[];
    }[];
    readonly links: readonly { readonly address: string; readonly state: string; readonly copy: string | null }[];
  }[];
}

const argsOf = (lab: Lab, more: readonly string[]): string[] => ['reconcile', '--config', lab.configFile, lab.topologyFile, ...more];

/** `goatherd reconcile` on the lab's own topology, to its end. */
export async function reconcile(
  lab: Lab,
  more: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<GoatherdRun> {
  return runGoatherd(argsOf(lab, more), env);
}

/** A failure shows all that the run said. */
export function expectExit(run: GoatherdRun, exitCode: number): void {
  expect(run.exitCode, `${run.stdout}\n${run.stderr}`).toBe(exitCode);
}

/** The plan as it stands, as JSON: nothing is written. */
export async function planOf(lab: Lab, env: Readonly<Record<string, string | undefined>> = {}): Promise<PlanDocument> {
  const run = await reconcile(lab, ['--dry-run', '--output', 'json'], env);
  if (run.stdout === '') throw new Error(`goatherd gave no plan, exit ${run.exitCode}:\n${run.stderr}`);
  return JSON.parse(run.stdout) as PlanDocument;
}

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
  const child = execa(process.execPath, [GOATHERD_MAIN, ...argsOf(lab, options.args ?? [])], {
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
      await eventually(() => over || pattern.test(said), { timeoutMs: 120_000, everyMs: 20 });
      return pattern.test(said);
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
