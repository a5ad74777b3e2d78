import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { bucardoControl, type BucardoCommand, bucardoDatabase } from './support/bucardo-by-hand.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { planOf, reconciled } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const CONTROL = 'bucardo_fan';
let bucardo: BucardoCommand;

/** What a topology cannot say as it stands, each made with Bucardo's own command: several targets and sources, full copies, other names and columns. */
const lab = useLab({ clusters: ['a', 'b', 'c'] }, async (started) => {
  for (const name of ['a', 'b', 'c'])
    await query(
      clusterOf(started, name),
      started.dbname,
      ['fan', 'multi', 'whole', 'renamed', 'partly', 'renamed_there']
        .map((table) => `CREATE TABLE ${table} (id int PRIMARY KEY, v text)`)
        .join(';'),
    );
  bucardo = await bucardoControl(started, CONTROL, join(started.pidDir, 'theirs'));
  for (const name of ['a', 'b', 'c']) await bucardo(...bucardoDatabase(clusterOf(started, name), started.dbname));
  await bucardo('add', 'sync', 'fan', 'tables=public.fan', 'dbs=a:source,b:target,c:target', 'autokick=0', 'checktime=1s');
  const idle = ['status=inactive', 'autokick=0'];
  await bucardo('add', 'sync', 'multi', 'tables=public.multi', 'dbs=a:source,b:source', 'conflict_strategy=bucardo_source', ...idle);
  await bucardo('add', 'sync', 'whole', 'tables=public.whole', 'dbs=a:source,b:fullcopy', ...idle);
  await bucardo('add', 'sync', 'renamed', 'tables=public.renamed', 'dbs=a:source,b:target', ...idle);
  await bucardo('add', 'customname', 'public.renamed', 'public.renamed_there', 'sync=renamed');
  await bucardo('add', 'sync', 'partly', 'tables=public.partly', 'dbs=a:source,c:target', ...idle);
  await bucardo('add', 'customcols', 'public.partly', 'SELECT id', 'sync=partly');
  await bucardo('start', `--log-destination=${started.logDir}`);
});

const rows = async (name: string): Promise<readonly unknown[]> =>
  query(clusterOf(lab(), name), lab().dbname, 'SELECT * FROM fan ORDER BY id');
const write = async (sql: string): Promise<unknown> => query(clusterOf(lab(), 'a'), lab().dbname, sql);
const imported = async (): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  runGoatherd(['import', '--config', lab().configFile, '--from-bucardo', CONTROL, '--topology', 'orders']);

async function arrivesEverywhere(): Promise<void> {
  await eventually(
    async () => {
      const wanted = await rows('a');
      for (const name of ['b', 'c']) expect(await rows(name)).toEqual(wanted);
      return true;
    },
    { timeoutMs: 90_000 },
  );
}

test('what a topology cannot say is said of each sync, and none of it is left out', async () => {
  const { stdout, stderr } = await imported();
  expect(
    (parse(stdout) as { links: { to: string; bucardo: { adopt: { sync: string } } }[] }).links.map((one) => one.bucardo.adopt.sync),
  ).toEqual(['partly']);
  for (const line of [
    'SeveralTargets (sync fan',
    'SeveralSources (sync multi',
    'ConflictStrategy (sync multi of bucardo_fan): conflict_strategy is bucardo_source, which decides between its sources',
    'Fullcopy (sync whole',
    'CustomName (sync renamed',
    'CustomColumns (sync partly',
  ]) {
    expect(stderr).toContain(line);
    expect(stdout).toContain(`# ${line}`);
  }
});

// Every sample of its own costs a restart of Bucardo's daemon and two runs.
test.runIf(process.env['GOATHERD_TEST_ALL'] !== undefined)(
  'a sync with several targets is parted by the commands that are given while rows are written, and adopted as the links that were shown',
  async () => {
    await write("INSERT INTO fan SELECT n, 'before' FROM generate_series(1, 50) n");
    await arrivesEverywhere();
    const { stdout } = await imported();
    const shown = stdout
      .split('\n')
      .flatMap((line) => /^ +# {5}bucardo --dbname=bucardo_fan (?<rest>.*)$/.exec(line)?.groups?.['rest'] ?? []);
    const commands = [...new Set(shown)];
    expect(commands.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['add dbgroup', 'add sync', 'update dbgroup', 'restart']);
    for (const [index, command] of commands.entries()) {
      await write(`INSERT INTO fan SELECT n, 'step ${index}' FROM generate_series(${1000 * (index + 1)}, ${1000 * (index + 1) + 20}) n`);
      await write(`UPDATE fan SET v = v || '.' WHERE id % 7 = 0; DELETE FROM fan WHERE id = ${index + 1}`);
      await bucardo(...command.split(' '), ...(command === 'restart' ? [`--log-destination=${lab().logDir}`] : []));
    }
    await write("INSERT INTO fan VALUES (9000, 'after')");
    await arrivesEverywhere();

    const again = parseDocument((await imported()).stdout);
    const links = (again.toJS() as { links: { from: string; to: string; bucardo: { adopt: { sync: string } } }[] }).links;
    expect(links.map((one) => [one.from, one.to, one.bucardo.adopt.sync])).toEqual([
      ['a', 'b', 'fan'],
      ['a', 'c', 'fan_c'],
    ]);
    await writeFile(lab().topologyFile, String(again));
    expect((await planOf(lab())).steps.map((step) => [step.kind, step.blocked])).toEqual([
      ['ledger', null],
      ['adopt', null],
      ['adopt', null],
    ]);
    await reconciled(lab());
    await reconciled(lab());
    expect((await planOf(lab())).steps).toEqual([]);
    await write("UPDATE fan SET v = 'adopted'; INSERT INTO fan VALUES (9001, 'adopted')");
    await arrivesEverywhere();
  },
);
