import { rmdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Command, type CommanderError, InvalidArgumentError } from 'commander';
import { GoatherdError } from '../lib/errors.ts';
import { bucardoProcesses } from '../lab/bucardo-daemons.ts';
import { type Lab, openLab } from '../lab/lab.ts';
import { registeredLabs, unregister } from '../lab/registry.ts';
import { serverUser } from '../lab/run-program.ts';
import { startLab } from '../lab/start-lab.ts';
import { readState } from '../lab/state.ts';
import { takeDown } from '../lab/teardown.ts';
import { removeTemplates } from '../lab/template.ts';

/** `goatherd lab up|down|status`: throw-away local clusters. Exit codes 0, 1, and 64 for usage. */
export function labCommand(): Command {
  const lab = new Command('lab').description('throw-away local PostgreSQL clusters to try goatherd on');
  lab
    .command('up')
    .description('start a hub and some clusters and write a topology over them')
    .option('--clusters <n>', 'how many clusters beside the hub (default: 3)', clusterCount)
    .option('--names <a,b,c>', 'their names, in the order of the chain', (text) => text.split(',').map((name) => name.trim()))
    .option('--dir <folder>', 'where to keep everything (default: a new temporary folder)')
    .option('--dbname <name>', 'the database on each cluster', 'orders')
    .option('--durable', 'fsync on: slower, and what benchmarks need')
    .action(async (options: UpOptions) => report(() => up(options)));
  lab
    .command('down')
    .description('end its Bucardo daemons and servers and remove its folder')
    .option('--dir <folder>', 'which lab (default: the one started last)')
    .option('--all', 'every lab of this user, those of tests too, and the template that makes the next one quick')
    .action(async (options: { dir?: string; all?: true }) => report(() => down(options)));
  lab
    .command('status')
    .description('list clusters and ports')
    .option('--dir <folder>', 'which lab (default: all of this user)')
    .action(async (options: { dir?: string }) => report(() => status(options)));
  for (const command of [lab, ...lab.commands]) command.exitOverride(exitAsUsage);
  return lab;
}

/** Commander ends with 1 on a wrong option; ours is 64. */
function exitAsUsage(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? 0 : 64);
}

interface UpOptions {
  readonly clusters?: number;
  readonly names?: readonly string[];
  readonly dir?: string;
  readonly dbname: string;
  readonly durable?: true;
}

function clusterCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 26) throw new InvalidArgumentError('a number from 1 to 26.');
  return count;
}

async function up(options: UpOptions): Promise<void> {
  const count = options.clusters ?? options.names?.length ?? 3;
  const names = options.names ?? Array.from({ length: count }, (_, index) => String.fromCharCode(97 + index));
  if (names.length !== count) throw new GoatherdError('BadName', `--names gives ${names.length} names and --clusters ${count}`);
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort(new GoatherdError('Interrupted', 'interrupted; nothing of the lab is left'));
  // Not `once`: execa ends the whole process when it sees the signal and no other listener left.
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const lab = await startLab({
      clusters: names,
      dbname: options.dbname,
      durable: options.durable ?? false,
      temporary: false,
      signal: interrupted.signal,
      ...(options.dir === undefined ? {} : { dir: options.dir }),
    });
    process.stdout.write(whatNext(lab));
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function whatNext(lab: Lab): string {
  const goatherd = process.argv[1]?.endsWith('.ts') === true ? 'script/goatherd' : 'goatherd';
  const first = Object.values(lab.clusters)[0] ?? lab.hub;
  const rows = [lab.hub, ...Object.values(lab.clusters)].map(({ name, host, port }) => `  ${name.padEnd(9)}${host}:${port}`);
  return `The lab runs in ${lab.dir}:
${rows.join('\n')}

Its topology is ${lab.topologyFile}. What next:
  psql -h ${first.host} -p ${first.port} -U goatherd ${lab.dbname}
  ${goatherd} reconcile --dry-run --config ${lab.configFile} ${lab.topologyFile}
  ${goatherd} reconcile --config ${lab.configFile} ${lab.topologyFile}
  ${goatherd} lab down --dir ${lab.dir}
`;
}

async function down(options: { readonly dir?: string; readonly all?: true }): Promise<void> {
  const dirs = options.dir === undefined ? await chosen(options.all === true) : [resolve(options.dir)];
  for (const dir of dirs) {
    await takeDown(dir);
    process.stdout.write(`The lab in ${dir} is gone.\n`);
  }
  if (options.all === true) await removeTemplates(await serverUser());
}

/** The labs that `down` means without a folder. */
async function chosen(all: boolean): Promise<readonly string[]> {
  const labs = await existing();
  const mine = labs.filter((lab) => all || !lab.temporary).map((lab) => lab.dir);
  if (mine.length === 0 && !all) {
    throw new GoatherdError('NoLab', 'no lab of this user is known', { hint: 'name its folder with --dir' });
  }
  return all ? mine : mine.slice(0, 1);
}

/** The registered labs whose folder is still one; the others are forgotten. */
async function existing(): ReturnType<typeof registeredLabs> {
  const labs = await registeredLabs();
  const found: (typeof labs)[number][] = [];
  for (const lab of labs) {
    if (
      await readState(lab.dir).then(
        () => true,
        () => false,
      )
    )
      found.push(lab);
    else {
      await unregister(lab.dir);
      // An `up` that was killed right at its start leaves an empty folder; rmdir removes no other.
      if (basename(lab.dir).startsWith('goatherd-lab-')) await rmdir(lab.dir).catch(() => undefined);
    }
  }
  return found;
}

async function status(options: { readonly dir?: string }): Promise<void> {
  const dirs = options.dir === undefined ? (await existing()).map((lab) => lab.dir) : [resolve(options.dir)];
  if (dirs.length === 0) process.stdout.write('No lab is up.\n');
  for (const dir of dirs) {
    const state = await readState(dir);
    const [lab, daemons] = await Promise.all([openLab(state), bucardoProcesses(state)]);
    process.stdout.write(`${dir}${state.complete ? '' : '  (not complete)'}\n`);
    for (const cluster of [lab.hub, ...Object.values(lab.clusters)]) {
      const running = (await cluster.isRunning()) ? 'running' : 'not running';
      process.stdout.write(`  ${cluster.name.padEnd(9)}${cluster.host}:${cluster.port}  ${running}\n`);
    }
    if (daemons.length > 0) process.stdout.write(`  Bucardo  ${daemons.length} processes\n`);
  }
}

/** Says a GoatherdError to people and keeps its exit code; everything else is for main. */
async function report(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    process.stderr.write(`goatherd lab: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`);
    process.exitCode = error.code === 'BadName' ? 64 : 1;
  }
}
