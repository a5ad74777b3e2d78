import { expect, test } from 'vitest';
import { bucardoVersions } from './support/bucardo-objects.ts';
import { declare, editFile, type File, take } from './support/declare.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconcile, reconciled, said } from './support/reconciled.ts';
import { runGoatherd } from './support/run-goatherd.ts';
import { expectSameData } from './support/same-data.ts';
import { makeShop, startWriter } from './support/shop.ts';
import { startReconcile } from './support/start-reconcile.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const lab = useLab({}, async (started) => {
  await makeShop(started);
  await declare(started, { links: ['a -> b', 'b -> c'] });
  await reconciled(started);
});

const edit = (change: (file: File) => void): Promise<void> => editFile(lab(), change);

/** What stands on the sources and in the control databases, down to who touched it, and which daemons run it. */
async function standing(): Promise<unknown> {
  const controls = await query(
    lab().hub,
    'postgres',
    "SELECT oid::text, datname FROM pg_database WHERE datname LIKE 'bucardo%' ORDER BY 2",
  );
  const daemons = await query(
    lab().hub,
    'postgres',
    "SELECT datname, application_name FROM pg_stat_activity WHERE application_name LIKE 'bucardo MCP%' ORDER BY 1",
  );
  const objects = await Promise.all(['a', 'b'].map((name) => bucardoVersions(clusterOf(lab(), name), lab().dbname)));
  return { controls, daemons, objects };
}

/** What runs and a controller leave in the ledger: a fact of a link that was put back; that it is Suspect since yesterday, is tried again, and was told of. */
async function remember(address: string): Promise<void> {
  const condition = { address, type: 'Suspect', status: 'True', reason: 'TriggerMissing', message: '', since: 1, observedRevision: null };
  const told = { incident: { key: `${address} Ready`, severity: 'error', condition }, since: 1, said: null, wellSince: null };
  await query(lab().hub, 'goatherd', 'INSERT INTO goatherd.remembered(topology, conditions, retries, starts) VALUES ($1, $2, $3, $4)', [
    address.split('/')[0],
    JSON.stringify([condition]),
    JSON.stringify([{ address, attempts: 2, nextAt: 1, error: 'x', fatal: false }]),
    '{}',
  ]);
  await query(lab().hub, 'goatherd', "INSERT INTO goatherd.told(receiver, memory) VALUES ('receiver', $1)", [
    JSON.stringify({ told: { [`${address} Ready`]: told }, seen: [`${address} Ready`] }),
  ]);
  await query(
    lab().hub,
    'goatherd',
    "INSERT INTO goatherd.heal(address, definition, fact) SELECT address, definition_hash, 'row x' FROM goatherd.link WHERE address = $1",
    [address],
  );
}

/** The addresses in it, and nothing else of it has changed. */
async function remembered(): Promise<unknown> {
  const rows = await query(
    lab().hub,
    'goatherd',
    `SELECT conditions->0->>'address' AS of, retries->0->>'address' AS tried, memory->'seen'->>0 AS seen, memory->'told'->'orders/hq-c Ready'->'incident'->'condition'->>'address' AS told
       FROM goatherd.remembered, goatherd.told WHERE topology = 'orders' AND conditions->0->>'since' = '1' AND receiver = 'receiver'`,
  );
  return rows.flatMap((row) => [row['of'], row['tried'], row['seen'], row['told']]);
}

test('a database in the middle gets another name while it is written to, and nothing but the ledger hears of it', async () => {
  const before = await standing();
  await remember('orders/b-c');
  const writer = startWriter(clusterOf(lab(), 'a'), lab().dbname);
  await edit((file) => {
    file.databases['hq'] = { ...take(file, 'b'), renamed_from: 'b' };
    file.links = ['a -> hq', 'hq -> c'];
  });
  const plan = await planOf(lab(), 2, '--detailed-exitcode');
  expect(plan.steps.map((step) => step.kind)).toEqual(['rename']);
  expect(plan.changes).toMatchObject([
    { address: 'orders/hq', action: 'change', what: 'rename database b to hq: a-b is a-hq and b-c is hq-c' },
  ]);
  await reconciled(lab());
  expect(await standing()).toEqual(before);
  await expectNothingLeft(lab());
  expect(await writer.stop()).toBeGreaterThan(0);
  await expectSameData(lab(), 'a', 'b', 'c');
  const rows = await query(
    lab().hub,
    'goatherd',
    "SELECT address, sync, instance, receipt->>'mode' AS mode FROM goatherd.link ORDER BY address",
  );
  expect(rows).toEqual([
    { address: 'orders/a-hq', sync: 'orders_a_b', instance: 'orders_a_b', mode: 'empty' },
    { address: 'orders/hq-c', sync: 'orders_b_c', instance: 'orders_b_c', mode: 'empty' },
  ]);
  // Another definition of the link would begin the count anew.
  const heals =
    'SELECT heal.address FROM goatherd.heal JOIN goatherd.link ON heal.address = link.address AND heal.definition = definition_hash';
  expect(await query(lab().hub, 'goatherd', heals)).toEqual([{ address: 'orders/hq-c' }]);
  const imported = await runGoatherd(['import', '--config', lab().configFile, '--from-bucardo', 'bucardo_orders_a_b']);
  expect(imported).toMatchObject({ exitCode: 1, stdout: '' });
  expect(imported.stderr).toContain("bucardo_orders_a_b is goatherd's own, of topology orders: orders/a-hq runs in it");
  expect(await remembered()).toEqual(['orders/hq-c', 'orders/hq-c', 'orders/hq-c Ready', 'orders/hq-c']);
  const marks = await query(
    lab().hub,
    'postgres',
    "SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname LIKE 'bucardo%' ORDER BY datname",
  );
  expect(marks.map((row) => row['mark'])).toEqual([
    expect.stringMatching(/^goatherd: topology orders, instance orders_a_b, links a-hq, names \{"a-hq":.*"orders_a_b"/),
    expect.stringMatching(/^goatherd: topology orders, instance orders_b_c, links hq-c, names \{"hq-c":.*"orders_b_c"/),
  ]);
});

test('a link whose target has another entry keeps what stands for it; its former name may leave the file', async () => {
  const before = await standing();
  await edit((file) => {
    file.databases['far'] = take(file, 'c');
    delete file.databases['hq']?.['renamed_from'];
    file.links = ['a -> hq', { from: 'hq', to: 'far', renamed_from: 'hq-c' }];
  });
  const document = await reconciled(lab());
  expect(document.plans[0]?.steps.map((step) => step.kind)).toEqual(['rename']);
  expect(await standing()).toEqual(before);
  await expectNothingLeft(lab());
  await edit((file) => {
    file.links = ['a -> hq', 'hq -> far'];
  });
  await expectNothingLeft(lab());
  await query(clusterOf(lab(), 'a'), lab().dbname, "UPDATE customers SET name = 'renamed' WHERE id < 10");
  await expectSameData(lab(), 'a', 'b', 'c');
});

test('a ledger that was lost is made anew with the names that stand, and nothing is set up a second time', async () => {
  const before = await standing();
  const names = 'SELECT address, sync, instance, names FROM goatherd.link ORDER BY 1';
  const rows = await query(lab().hub, 'goatherd', names);
  await query(lab().hub, 'postgres', 'DROP DATABASE goatherd WITH (FORCE)');
  const document = await reconciled(lab());
  expect(document.plans[0]?.steps.map((step) => step.kind).filter((kind) => kind !== 'arrival')).toEqual(['ledger']);
  expect(await query(lab().hub, 'goatherd', names)).toEqual(rows);
  expect(await standing()).toEqual(before);
  await expectNothingLeft(lab());
});

test('the verbs find a link under its new name, and a name that nobody has had is refused', async () => {
  const stopped = await runGoatherd(
    ['stop', 'orders/hq-far', '--reason', 'test', '--path', lab().topologyFile, '--config', lab().configFile],
    {},
  );
  expect(stopped).toMatchObject({ exitCode: 0 });
  await edit((file) => {
    file.databases['near'] = { ...take(file, 'far'), renamed_from: 'far' };
    file.links = ['a -> hq', 'hq -> near'];
  });
  // The suspension goes with the link.
  expect((await reconcile(lab())).exitCode).toBe(20);
  const started = await runGoatherd(['start', 'orders/hq-near', '--path', lab().topologyFile, '--config', lab().configFile]);
  expect(started).toMatchObject({ exitCode: 0 });
  await expectNothingLeft(lab());
  await edit((file) => {
    file.databases['other'] = { ...take(file, 'near'), renamed_from: 'nobody' };
    file.links = ['a -> hq', 'hq -> other'];
  });
  const plan = await planOf(lab());
  expect(said(plan, 'RenamedFromUnknown')).toEqual(['orders/hq-other: ']);
  expect(plan.steps.filter((step) => step.blocked === null)).toEqual([]);
  await edit((file) => {
    file.databases['near'] = { ...take(file, 'other'), renamed_from: 'far' };
    file.links = ['a -> hq', 'hq -> near'];
  });
  await expectNothingLeft(lab());
});

test('a connection that leads to another database holds the links of it until a person accepts it', async () => {
  const cluster = clusterOf(lab(), 'c');
  // Bucardo is stopped meanwhile: it would deliver to whatever answers.
  const verb = (name: string): ReturnType<typeof runGoatherd> =>
    runGoatherd([
      name,
      'orders/hq-near',
      ...(name === 'stop' ? ['--reason', 'moving'] : []),
      '--path',
      lab().topologyFile,
      '--config',
      lab().configFile,
    ]);
  expect((await verb('stop')).exitCode).toBe(0);
  await query(cluster, 'postgres', `ALTER DATABASE ${lab().dbname} RENAME TO aside`);
  await query(cluster, 'postgres', `CREATE DATABASE ${lab().dbname} TEMPLATE aside`);
  expect(said(await planOf(lab()), 'DatabaseReplaced')).toEqual([expect.stringMatching(/^orders\/hq-near: was \d+\/\d+, is \d+\/\d+$/)]);
  const accepted = await runGoatherd(['accept', 'orders/hq-near', '--reason', 'restored', '--config', lab().configFile]);
  expect(accepted).toMatchObject({ exitCode: 0, stdout: 'orders/hq-near: near accepted as the database that it is now\n' });
  expect(said(await planOf(lab()), 'DatabaseReplaced')).toEqual([]);
  expect((await verb('start')).exitCode).toBe(0);
  await query(clusterOf(lab(), 'a'), lab().dbname, "UPDATE customers SET name = 'restored' WHERE id < 10");
  await expectSameData(lab(), 'a', 'b', 'c');
  await expectNothingLeft(lab());
});

/** What the marks on the control databases say: which links run there, and how they are called. */
async function marks(): Promise<readonly string[]> {
  const rows = await query(
    lab().hub,
    'postgres',
    "SELECT datname, substring(shobj_description(oid, 'pg_database') FROM 'links .*') AS mark FROM pg_database WHERE datname LIKE 'bucardo%' ORDER BY datname",
  );
  return rows.map((row) => String(row['mark']));
}

/** What a run that was killed amid a renaming leaves: a ledger that is lost knows neither name, and the marks have the former ones. */
async function loseLedgerAmid(rename: (file: File) => void, links: readonly string[], killed = false): Promise<void> {
  const before = await standing();
  await edit(rename);
  // Whatever it came to, the marks of its links tell.
  if (killed) await startReconcile(lab(), { killAtFirst: (line) => line.includes('rename') }).ended;
  await query(lab().hub, 'postgres', 'DROP DATABASE goatherd WITH (FORCE)');
  const document = await reconciled(lab());
  const kinds = document.plans[0]?.steps.map((step) => step.kind).filter((kind) => kind !== 'arrival');
  expect(kinds).toEqual(['ledger']);
  expect(await standing()).toEqual(before);
  const rows = await query(lab().hub, 'goatherd', "SELECT address, sync, receipt->>'mode' AS mode FROM goatherd.link ORDER BY sync");
  expect(rows).toEqual(links.map((id, at) => ({ address: `orders/${id}`, sync: ['orders_a_b', 'orders_b_c'][at], mode: 'unknown' })));
  expect(await marks()).toEqual(links.map((id) => expect.stringMatching(new RegExp(`^links ${id},`)) as unknown));
  await expectNothingLeft(lab());
  await query(clusterOf(lab(), 'a'), lab().dbname, "UPDATE customers SET name = name || '.' WHERE id < 10");
  await expectSameData(lab(), 'a', 'b', 'c');
}

test('a ledger that is lost amid the renaming of a database is made anew from the marks of the former name', () =>
  loseLedgerAmid(
    (file) => {
      file.databases['mid'] = { ...take(file, 'hq'), renamed_from: 'hq' };
      file.links = ['a -> mid', 'mid -> near'];
    },
    ['a-mid', 'mid-near'],
  ));

test.runIf(process.env['GOATHERD_TEST_ALL'] === '1')('so is one that is lost when a run is killed that renames a link', () =>
  loseLedgerAmid(
    (file) => {
      file.databases['end'] = take(file, 'near');
      delete file.databases['end']['renamed_from'];
      file.links = ['a -> mid', { from: 'mid', to: 'end', renamed_from: 'mid-near' }];
    },
    ['a-mid', 'mid-end'],
    true,
  ),
);
