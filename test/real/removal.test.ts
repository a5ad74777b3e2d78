import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { declare } from './support/declare.ts';
import { eventually } from './support/eventually.ts';
import { leftovers } from './support/leftovers.ts';
import { probe } from './support/probe.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { loadStock } from './support/stock.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await loadStock(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

/** Takes C out of the file, its link with it, or puts both back. What goatherd needs to reach C is then only in the ledger. */
async function declareC(there: boolean, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await declare(lab(), { links: there ? ['a -> b', 'b -> c'] : ['a -> b'], removed: null, ...more });
  const text = await readFile(lab().topologyFile, 'utf8');
  const without = text.replace(/^ +c: .*\n/m, '');
  const { host, port } = clusterOf(lab(), 'c');
  const line = `  c: { host: ${host}, port: ${port}, dbname: ${lab().dbname} }\n`;
  await writeFile(lab().topologyFile, there ? without.replace(/^ +b: .*\n/m, `$&${line}`) : without);
}

const removed = (plan: string, more: object = {}): Promise<void> => declareC(false, { removed: [{ link: 'b -> c', plan, ...more }] });
const configured = async (keys: string): Promise<void> => {
  const text = (await readFile(lab().configFile, 'utf8')).replace(/^caps:.*\n/m, '');
  await writeFile(lab().configFile, `${text.trimEnd()}\n${keys}`);
};

/** What stands for b -> c; the sessions on B that are left are those of a -> b. */
const ofBC = (line: string): boolean => /^c: |^b: (?!session)|b[-_]c/.test(line);

let id = '';

test('a link whose line is gone runs on, and its removal waits for an approval that git can give', async () => {
  await declareC(false);
  const run = await reconcile(lab());
  expect(run).toMatchObject({ exitCode: 20 });
  id = /removed: \[\{link: b -> c, plan: ([0-9a-f]{4}-[0-9a-f]{4}), reclaim: teardown\}\]\n/.exec(run.stdout)?.[1] ?? '';
  expect(id).not.toBe('');
  expect(run.stdout.indexOf('removed: [')).toBeLessThan(run.stdout.indexOf(`--approve ${id}`));
  await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO notes VALUES (9001, 'still for c')");
  await expectSameData(lab(), 'a', 'b', 'c');
});

test('another id approves nothing, and a cap binds git but not a person', async () => {
  await removed('0000-0000');
  expect((await planOf(lab())).approvals.required).toMatchObject([{ id, given: false }]);
  await configured('caps: {links_removed: 0}\n');
  await removed(id);
  const capped = await planOf(lab());
  expect(capped.approvals.required).toMatchObject([{ id, given: true, cap: 'cap links_removed: 1 > 0' }]);
  expect(capped.steps.map((step) => step.blocked)).toContain('cap links_removed: 1 > 0');
  expect((await reconcile(lab(), '--dry-run')).stdout).toMatch(
    /A person may pass the cap.*:\n +goatherd approve \S+ \S+ --over-cap\n.*:\n +goatherd reconcile \S+ --approve/,
  );

  const wrong = await runGoatherd(['approve', '1111-2222', '--config', lab().configFile, lab().topologyFile]);
  expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
  expect(wrong.stderr).toContain(`orders needs ${id}`);
  const bound = await runGoatherd(['approve', id, '--config', lab().configFile, lab().topologyFile]);
  expect(bound).toMatchObject({ exitCode: 20 });
  expect(bound.stdout).toMatch(/^orders: \S+ approved [^\n]+ stays blocked, cap links_removed: 1 > 0: --over-cap passes it\n$/);
  expect((await planOf(lab())).verdict).toBe('blocked');

  await declareC(false);
  const word = ['approve', id, '--config', lab().configFile, lab().topologyFile, '--over-cap', '--reason', 'C is sold'];
  const person = await runGoatherd(word);
  expect(person).toMatchObject({ exitCode: 0, stderr: '' });
  expect(person.stdout).toMatch(/^orders: \S+ approved [0-9a-f-]{9}, \d steps \(C is sold\)\n$/);
  expect((await planOf(lab())).verdict).toBe('changes');
  await query(lab().hub, 'goatherd', 'DELETE FROM goatherd.approval');
  await configured('');
});

test('a protected link stays, until a file without `protect` has been applied', async () => {
  await declareC(true, { links: ['a -> b', { from: 'b', to: 'c', protect: true }] });
  await reconciled(lab());
  await expectNothingLeft(lab());
  await removed(id);
  const plan = await planOf(lab(), 0, '--approve', id);
  expect(plan.approvals.required).toEqual([]);
  expect(new Set(plan.steps.filter((step) => step.address === 'orders/b-c').map((step) => step.blocked))).toEqual(new Set(['protected']));
  expect(said(plan, 'Protected')).toEqual(['orders/b-c: ']);
  expect((await reconcile(lab(), '--approve', id)).exitCode).toBe(20);
  await declareC(true);
  await reconciled(lab());
  await expectNothingLeft(lab());
});

test('a directory that no longer names a topology says so and plans nothing for it', async () => {
  const text = await readFile(lab().topologyFile, 'utf8');
  const other = text.replace('topology: orders', 'topology: others').replace(/^links:[^]*$/m, 'links: []\n');
  await writeFile(lab().topologyFile, other);
  const run = await runGoatherd(['reconcile', '--dry-run', '--config', lab().configFile, dirname(lab().topologyFile)]);
  await writeFile(lab().topologyFile, text);
  expect(run.stderr).toMatch(/^goatherd: TopologyMissing: the ledger knows orders, [^\n]+\n$/m);
  expect(run.stdout).toMatch(/^others {2}IN SYNC/);
});

test('a file that is emptied, cut off in the middle of a write, or gone, removes nothing', async () => {
  const standing = async (): Promise<readonly string[]> => (await leftovers(lab())).filter((line) => !/session|process/.test(line));
  const [text, before] = [await readFile(lab().topologyFile, 'utf8'), await standing()];
  expect(before).toEqual(expect.arrayContaining(['ledger: link orders/b-c', 'hub: database bucardo_orders_b_c']));
  try {
    const cuts = [...text.matchAll(/\n/g)].map((line) => text.slice(0, line.index - 1)).slice(0, -1);
    expect(cuts.length).toBeGreaterThan(4);
    for (const cut of ['', '# nothing yet\n', ...cuts]) {
      await writeFile(lab().topologyFile, cut);
      expect({ cut, ...(await reconcile(lab(), '--approve', id)) }).toMatchObject({ cut, exitCode: 78 });
    }
    await rm(lab().topologyFile);
    for (const path of [lab().topologyFile, dirname(lab().topologyFile)])
      expect(await runGoatherd(['reconcile', '--config', lab().configFile, '--approve', id, path])).toMatchObject({ exitCode: 78 });
  } finally {
    await writeFile(lab().topologyFile, text);
  }
  expect(await standing()).toEqual(before);
  // A file that is whole again, with fewer links: only the approval of just this removal is one.
  await declareC(false);
  expect((await reconcile(lab(), '--approve', '0000-0000')).exitCode).toBe(20);
  expect(await standing()).toEqual(before);
  await declareC(true);
  await expectNothingLeft(lab());
});

test('removed with an approval in git while A is written to: a -> b goes on, nothing of b -> c is left', async () => {
  await removed(id);
  const measured = probe(lab(), 'b');
  await eventually(() => measured.arrived() > 0);
  const before = measured.arrived();
  const begin = performance.now();
  const document = await reconciled(lab());
  const runMs = performance.now() - begin;
  expect(measured.arrived()).toBeGreaterThan(before);
  const { longestMs, rows } = await measured.stop();
  // The announced pause: a -> b's daemon is started once more, to read that it makes no deltas on B. It is a part of the run, not all of it.
  expect(longestMs).toBeLessThan(runMs);
  expect(document.plans[0]?.risk.sentences.join(' ')).toMatch(/Pauses a-b for a few seconds/);
  process.stdout.write(`a -> b while b -> c was removed: longest pause ${Math.round(longestMs)} ms, ${rows} rows\n`);
  await expectSameData(lab(), 'a', 'b');
  const left = await leftovers(lab());
  expect(left.filter(ofBC)).toEqual([]);
  await expectNothingLeft(lab());
});

test('an entry whose link is gone is ignored; one whose link stands again is a warning and approves nothing', async () => {
  expect((await reconcile(lab(), '--dry-run')).stderr).toBe('');
  await declareC(true, { removed: [{ link: 'b -> c', plan: id }] });
  expect((await reconcile(lab(), '--dry-run')).stderr).toContain('RemovedStands');
  await declareC(true);
});

test('added again with its old rows still there, C is never taken for equal', async () => {
  await query(clusterOf(lab(), 'c'), lab().dbname, 'DELETE FROM notes WHERE id <= 10');
  await reconciled(lab());
  const plan = await expectNothingLeft(lab());
  expect(said(plan, 'SkippedNotEmpty')).toEqual(['orders/b-c: public.items, public.moves, public.notes']);
  await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO notes VALUES (9002, 'after the return')");
  const onC = () => query(clusterOf(lab(), 'c'), lab().dbname, 'SELECT id FROM notes WHERE id = 9002 OR id <= 10');
  await eventually(async () => expect(await onC()).toEqual([{ id: 9002 }]), { until: () => true });
});

test('the removal that comes later has another id; `drain: false` does not wait and says what C never gets; makedelta was taken off by hand', async () => {
  await query(clusterOf(lab(), 'c'), lab().dbname, 'ALTER TABLE notes RENAME TO away');
  await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO notes VALUES (9003, 'never on c'), (9004, 'never on c')");
  const arrived = () => query(clusterOf(lab(), 'b'), lab().dbname, 'SELECT count(*)::int AS n FROM notes WHERE id IN (9003, 9004)');
  await eventually(async () => expect(await arrived()).toEqual([{ n: 2 }]), { until: () => true });
  await query(clusterOf(lab(), 'a'), lab().dbname, 'TRUNCATE moves');
  const emptied = () => query(clusterOf(lab(), 'b'), lab().dbname, 'SELECT count(*)::int AS n FROM moves');
  await eventually(async () => expect(await emptied()).toEqual([{ n: 0 }]), { until: () => true });
  // Somebody was faster with a part of it.
  await query(lab().hub, 'bucardo_orders_a_b', "UPDATE bucardo.goat SET makedelta = NULL WHERE tablename IN ('items', 'notes')");
  await declareC(false);
  const required = (await planOf(lab())).approvals.required[0]?.id ?? '';
  expect(required).not.toBe(id);
  await removed(required, { reclaim: 'teardown', drain: false });
  const plan = await planOf(lab());
  expect(plan.steps.map((step) => step.kind)).not.toContain('wait_drained');
  expect(plan.diagnostics.filter((one) => one.code === 'NeverDelivered').map((one) => one.message)).toEqual([
    '2 changes and 1 TRUNCATE on b will never reach c: the removal does not wait for them',
  ]);
  await reconciled(lab());
  await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO notes VALUES (9005, 'goes on')");
  await expectSameData(lab(), 'a', 'b');
  await expectNothingLeft(lab());
  expect((await leftovers(lab())).filter(ofBC)).toEqual([]);
});

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')(
  'a link whose target is away for good is removed with its approval all the same',
  async () => {
    await query(clusterOf(lab(), 'c'), lab().dbname, 'ALTER TABLE away RENAME TO notes');
    await declareC(true);
    await reconciled(lab());
    await clusterOf(lab(), 'c').stop();
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO notes VALUES (9006, 'never on c')");
    await eventually(async () => (await query(clusterOf(lab(), 'b'), lab().dbname, 'SELECT 1 FROM notes WHERE id = 9006')).length === 1);
    await declareC(false);
    const plan = await planOf(lab());
    const required = plan.approvals.required[0]?.id ?? '';
    expect(new Set(plan.steps.filter((step) => step.address === 'orders/b-c').map((step) => step.blocked))).toEqual(
      new Set([`approval ${required} is missing`]),
    );
    expect(plan.diagnostics.find((one) => one.code === 'NeverDelivered')?.hint).toBe('to deliver them first, bring c back');
    await removed(required);
    await reconciled(lab());
    await query(clusterOf(lab(), 'a'), lab().dbname, "INSERT INTO notes VALUES (9007, 'goes on')");
    await expectSameData(lab(), 'a', 'b');
    await expectNothingLeft(lab());
    await clusterOf(lab(), 'c').start();
    expect((await leftovers(lab())).filter(ofBC)).toEqual([]);
  },
);
