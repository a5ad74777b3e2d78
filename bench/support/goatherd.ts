import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { Lab } from '../../src/lab/lab.ts';
import type { PlanDocument } from '../../src/report/document/document.ts';
import { REPOSITORY } from '../../test/real/support/repository.ts';

/** Keys of the topology beside `topology` and `databases`. */
export type Keys = Readonly<Record<string, unknown>>;

/** Writes a topology over the lab's clusters, all with this database, one file in a folder of its own; gives the file. */
export async function writeTopology(lab: Lab, name: string, dbname: string, keys: Keys): Promise<string> {
  const folder = join(lab.dir, 'bench', name);
  await mkdir(folder, { recursive: true });
  const links = keys['links'] as readonly string[];
  const named = Object.values(lab.clusters).filter((cluster) => links.some((link) => link.split(' -> ').includes(cluster.name)));
  const databases = Object.fromEntries(named.map((cluster) => [cluster.name, { host: cluster.host, port: cluster.port, dbname }]));
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, stringify({ topology: name, databases, ...keys }));
  return file;
}

export interface Reconciled {
  /** Wall time of the process. */
  readonly seconds: number;
  readonly document: PlanDocument;
  readonly stdout: string;
  /** Peak of the process's resident memory, MiB. */
  readonly mebibytes: number;
  /** CPU time of the process, user and system. */
  readonly cpuSeconds: number;
}

const REPORT_USAGE = new URL('report-usage.ts', import.meta.url).href;

/**
 * Runs `script/goatherd reconcile`, as users do, on one topology file and fails unless it ends with 0.
 * `json: false` leaves the document out, for what is measured in itself.
 */
export async function reconcile(
  lab: Lab,
  file: string,
  args: readonly string[] = [],
  options: { readonly json?: boolean } = {},
): Promise<Reconciled> {
  const json = `${file}.json`;
  const usage = `${file}.usage`;
  const into = options.json === false ? [] : ['--json-into', json];
  const started = performance.now();
  const result = await execa(join(REPOSITORY, 'script', 'goatherd'), ['reconcile', '--config', lab.configFile, ...into, ...args, file], {
    reject: false,
    stdin: 'ignore',
    timeout: 1_800_000,
    env: { NO_COLOR: '1', NODE_OPTIONS: `--import=${REPORT_USAGE}`, GOATHERD_BENCH_USAGE: usage },
  });
  const seconds = (performance.now() - started) / 1000;
  if (result.exitCode !== 0) {
    const said = `${result.stdout.slice(-2_000)}\n${result.stderr.slice(-2_000)}`;
    throw new Error(`goatherd reconcile ${args.join(' ')} ended with ${result.exitCode ?? result.signal ?? 'no code'}:\n${said}`);
  }
  const document =
    options.json === false
      ? ({ plans: [], runs: [] } as unknown as PlanDocument)
      : (JSON.parse(await readFile(json, 'utf8')) as PlanDocument);
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(await readFile(usage, 'utf8')) as NodeJS.ResourceUsage;
  await Promise.all([json, usage].map((path) => rm(path, { force: true })));
  return {
    seconds,
    document,
    stdout: result.stdout,
    mebibytes: maxRSS / 1024,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  };
}

/** Seconds that the run's steps of these kinds took, by the last part of their ids (`a-b/helpers`). */
export function stepSeconds({ document }: Reconciled, kinds: readonly string[]): number {
  const steps = (document.runs ?? []).flatMap((run) => run.steps).filter((step) => kinds.includes(step.id.split('/').at(-1) ?? ''));
  return steps.reduce((sum, step) => sum + (step.duration_ms ?? 0), 0) / 1000;
}
