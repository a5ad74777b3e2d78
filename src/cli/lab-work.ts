import { rmdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { bucardoProcesses } from '../lab/bucardo-daemons.ts';
import { type Lab, openLab } from '../lab/lab.ts';
import { registeredLabs, unregister } from '../lab/registry.ts';
import { serverUser } from '../lab/run-program.ts';
import { startLab } from '../lab/start-lab.ts';
import { readState } from '../lab/state.ts';
import { takeDown } from '../lab/teardown.ts';
import { removeTemplates } from '../lab/template.ts';
import { GoatherdError } from '../lib/errors.ts';
import { plural } from '../lib/format.ts';

export interface UpOptions {
  readonly clusters?: number;
  readonly names?: readonly string[];
  readonly dir?: string;
  readonly dbname: string;
  readonly durable?: true;
}

/** `goatherd lab up`. */
export async function up(options: UpOptions): Promise<void> {
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

Its databases are empty: make the same tables, with primary keys, in each of them. Its topology is ${lab.topologyFile}. What next:
  psql -h ${first.host} -p ${first.port} -U goatherd ${lab.dbname}
  export GOATHERD_CONFIG=${lab.configFile}
  ${goatherd} reconcile --dry-run ${lab.topologyFile}
  ${goatherd} reconcile ${lab.topologyFile}
  ${goatherd} lab down --dir ${lab.dir}
`;
}

/** `goatherd lab down`. */
export async function down(options: { readonly dir?: string; readonly all?: true }): Promise<void> {
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

/** `goatherd lab status`. */
export async function status(options: { readonly dir?: string }): Promise<void> {
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
    if (daemons.length > 0) process.stdout.write(`  Bucardo  ${plural(daemons.length, 'process', 'processes')}\n`);
  }
}
