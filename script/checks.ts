import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** One check of the sources, as a command that exits with 0 when all is well and otherwise says what is not. */
export interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** The command that repairs what it can, for the checks that have one. */
  readonly fix?: readonly [program: string, ...args: string[]];
  /** Whether the check belongs to every run of the tests. */
  readonly quick: boolean;
}

const root = join(import.meta.dirname, '..');
const formatted = ['**/*.ts', '*.json'];

export const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--noEmit'], quick: true },
  { name: 'layers', command: ['node', 'script/layers.ts'], quick: true },
  { name: 'oxlint', command: ['oxlint', '--format=unix'], fix: ['oxlint', '--fix', '--format=unix'], quick: true },
  {
    name: 'format',
    command: ['prettier', '--log-level=warn', '--check', ...formatted],
    fix: ['prettier', '--log-level=warn', '--write', ...formatted],
    quick: true,
  },
  // Not quick: half-done work rightly holds exports that nothing uses yet.
  { name: 'knip', command: ['knip', '--no-config-hints'], quick: false },
];

/** Runs one check with its output on this process's own; true when it found nothing. */
export function passes(check: Check, options: { fix: boolean }): boolean {
  const [program, ...args] = options.fix && check.fix !== undefined ? check.fix : check.command;
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  const result = spawnSync(program, args, { cwd: root, env: { ...process.env, PATH: path }, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error !== undefined) throw new Error(`the check ${check.name} could not be started`, { cause: result.error });
  return result.status === 0;
}
