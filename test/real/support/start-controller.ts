import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import type { Lab } from '../../../src/lab/lab.ts';
import { eventually } from './eventually.ts';
import { GOATHERD_MAIN } from './run-goatherd.ts';

/** A line of a controller's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A `goatherd controller` that runs. */
export interface StartedController {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** Whatever was written that is no line of the log. */
  stderr(): string;
  /** Waits for a line that matches, said after the first `from` lines; gives it. */
  says(pattern: RegExp, options?: { readonly from?: number; readonly timeoutMs?: number }): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

/** A directory with the lab's topology, and host settings with short intervals. */
export interface ControllerFiles {
  readonly directory: string;
  readonly topologyFile: string;
  readonly configFile: string;
}

/** `more`: lines for the host settings. */
export async function controllerFiles(lab: Lab, more = ''): Promise<ControllerFiles> {
  const directory = join(lab.dir, 'source');
  await mkdir(directory, { recursive: true });
  const topologyFile = join(directory, 'orders.yaml');
  await writeFile(topologyFile, await readFile(lab.topologyFile, 'utf8'));
  const configFile = join(lab.dir, 'controller.yaml');
  const settings = 'controller: {look_every: 1s, deep_look_every: 10s}\nlisten: 127.0.0.1:0';
  await writeFile(configFile, `${await readFile(lab.configFile, 'utf8')}\n${settings}\n${more}\n`);
  return { directory, topologyFile, configFile };
}

/** Host settings of the lab with these over them, as a file of its own; gives its path. */
export async function hostFile(lab: Lab, name: string, keys: Readonly<Record<string, unknown>>): Promise<string> {
  const file = join(lab.dir, `${name}.yaml`);
  const own = parse(await readFile(lab.configFile, 'utf8')) as Readonly<Record<string, unknown>>;
  await writeFile(file, stringify({ ...own, ...keys }));
  return file;
}

/**
 * Starts one; whoever does ends it and awaits `ended`. Without a directory it follows the `source` of its settings. `wrapper`: a program and
 * its arguments that runs it; `main`: what is run instead of the sources. It is killed after `timeoutMs`, ten minutes unless told, 0 for never.
 */
export function startController(
  { directory, configFile }: Pick<ControllerFiles, 'configFile'> & Partial<ControllerFiles>,
  options: {
    readonly wrapper?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
    readonly main?: string;
  } = {},
): StartedController {
  const words = [
    ...(options.wrapper ?? []),
    process.execPath,
    options.main ?? GOATHERD_MAIN,
    'controller',
    '--config',
    configFile,
    '--log-format',
    'json',
    ...(directory === undefined ? [] : [directory]),
  ];
  const [program = '', ...args] = words;
  const child = execa(program, args, {
    reject: false,
    timeout: options.timeoutMs ?? 600_000,
    env: { NO_COLOR: '1', ...options.env },
    buffer: false,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('goatherd could not be started');
  const lines: LogLine[] = [];
  let over = false;
  let rest = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as LogLine);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = child.then((result) => {
    over = true;
    return { exitCode: result.exitCode ?? null, signal: result.signal ?? null };
  });
  const told = (): string => `${lines.map(({ level, message }) => `${level} ${message}`).join('\n')}\n${complaints}`;
  return {
    pid,
    lines,
    stderr: () => complaints,
    says: async (pattern, { from = 0, timeoutMs = 180_000 } = {}) => {
      const find = (): LogLine | undefined => lines.slice(from).find(({ message }) => pattern.test(message));
      try {
        await eventually(() => over || find() !== undefined, { timeoutMs, everyMs: 20 });
      } catch (cause) {
        throw new Error(`never said ${String(pattern)}:\n${told()}`, { cause });
      }
      const found = find();
      if (found === undefined) throw new Error(`ended without ${String(pattern)}:\n${told()}`);
      return found;
    },
    kill: (signal) => void process.kill(pid, signal),
    ended,
  };
}
