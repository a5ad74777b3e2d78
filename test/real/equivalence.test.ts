import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KEY_WORDS } from '../../src/bucardo/key-words.ts';
import { bucardoControl, bucardoDatabase } from './support/bucardo-by-hand.ts';
import { bucardoObjects, bucardoVersions } from './support/bucardo-objects.ts';
import { declare } from './support/declare.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, reconciled } from './support/reconciled.ts';
import { expectSameData } from './support/same-data.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

const LONG = 'a_table_name_long_enough_that_its_delta_table_is_named_with_hash';

/** Names and key types that could be written in more than one way; `shop.lines` and `public.t` are referenced by a foreign key. */
const TABLES = `
  CREATE SCHEMA shop; CREATE SCHEMA "Mixed Case";
  CREATE DOMAIN shop.short_code AS varchar(8) CHECK (VALUE <> '');
  CREATE TABLE public.t (id int PRIMARY KEY, note text);
  CREATE TABLE public.refers (id bigserial PRIMARY KEY, t int REFERENCES public.t, line smallint, item bigint);
  CREATE TABLE shop.lines (item bigint, line smallint, note text, PRIMARY KEY (line, item));
  ALTER TABLE public.refers ADD FOREIGN KEY (line, item) REFERENCES shop.lines (line, item);
  CREATE TABLE "Mixed Case"."Order Lines" ("Order Id" bigint, line smallint, "Note" text, PRIMARY KEY ("Order Id", line));
  CREATE TABLE "Mixed Case"."dotted.name" (id int PRIMARY KEY, note text);
  CREATE TABLE shop."order" ("user" int PRIMARY KEY, "group" text);
  CREATE TABLE shop.texts (code text COLLATE "C" PRIMARY KEY, note text);
  CREATE TABLE shop.varchars (code varchar(12) PRIMARY KEY, note text);
  CREATE TABLE shop.uuids (id uuid PRIMARY KEY, note text);
  CREATE TABLE shop.times (at timestamptz PRIMARY KEY, note text);
  CREATE TABLE shop.numbers (n numeric(10,2) PRIMARY KEY, note text);
  CREATE TABLE shop.domains (code shop.short_code PRIMARY KEY, note text);
  CREATE TABLE shop.smalls (id smallint PRIMARY KEY, note text);
  CREATE TABLE shop.uniques (one int NOT NULL, other text NOT NULL, note text, UNIQUE (one, other));
  CREATE TABLE shop.${LONG} (id int PRIMARY KEY, note text);`;

/** A row a table; \`n\` makes the key. */
const rowsOf = (n: number): string => `
  INSERT INTO public.t VALUES (${n}, 'row'); INSERT INTO shop.lines VALUES (${n}, ${n}, 'row'); INSERT INTO public.refers (t, line, item) VALUES (${n}, ${n}, ${n});
  INSERT INTO "Mixed Case"."Order Lines" VALUES (${n}, ${n}, 'row'); INSERT INTO "Mixed Case"."dotted.name" VALUES (${n}, 'row');
  INSERT INTO shop."order" VALUES (${n}, 'row'); INSERT INTO shop.texts VALUES ('Ä|' || ${n}, 'row'); INSERT INTO shop.varchars VALUES ('it''s ' || ${n}, 'row');
  INSERT INTO shop.uuids VALUES (md5('${n}')::uuid, 'row'); INSERT INTO shop.times VALUES (timestamptz '2026-01-01 00:00:00.000001' + ${n} * interval '1 day', 'row');
  INSERT INTO shop.numbers VALUES (${n}.10, 'row'); INSERT INTO shop.domains VALUES ('d' || ${n}, 'row'); INSERT INTO shop.smalls VALUES (${n}, 'row');
  INSERT INTO shop.uniques VALUES (${n}, 'o', 'row'); INSERT INTO shop.${LONG} VALUES (${n}, 'row');`;

const tables = 15;
const recorded = 2;

const lab = useLab({ clusters: ['a', 'b'] }, async (started) => {
  for (const name of ['a', 'b']) {
    await query(clusterOf(started, name), 'postgres', 'CREATE DATABASE theirs');
    for (const dbname of [started.dbname, 'theirs']) await query(clusterOf(started, name), dbname, TABLES);
  }
  await query(clusterOf(started, 'a'), started.dbname, rowsOf(1) + rowsOf(2) + rowsOf(3));
  // Kick triggers too, and nothing may run while objects are compared.
  await declare(started, { disable_kicking: false, state: 'stopped' });
  await reconciled(started);

  // The same by Bucardo's own hand, under the same names, in other databases.
  const bucardo = await bucardoControl(started, 'bucardo_theirs', join(started.pidDir, 'theirs'));
  for (const name of ['a', 'b']) await bucardo(...bucardoDatabase(clusterOf(started, name), 'theirs'));
  await bucardo('add', 'all', 'tables', '--db=a', '--relgroup=orders_a_b');
  await bucardo('add', 'all', 'sequences', '--db=a', '--relgroup=orders_a_b');
  await bucardo('add', 'dbgroup', 'orders_a_b', 'a:source', 'b:target');
  await bucardo('add', 'sync', 'orders_a_b', 'relgroup=orders_a_b', 'dbs=orders_a_b', 'autokick=1');
});

test('on the source stands what Bucardo would have made, but for what makes it safer', async () => {
  const a = clusterOf(lab(), 'a');
  const [ours, theirs] = [await bucardoObjects(a, lab().dbname), await bucardoObjects(a, 'theirs')];
  const onlyOurs = ours.filter((line) => !theirs.includes(line));
  const onlyTheirs = theirs.filter((line) => !ours.includes(line));
  const take = (from: string[], pattern: RegExp): readonly string[] => {
    const taken = from.filter((line) => pattern.test(line));
    for (const line of taken) from.splice(from.indexOf(line), 1);
    return taken;
  };
  // Enough was made for the comparison to mean something: delta, track and stage, a function each, three triggers each.
  expect(theirs.filter((line) => line.startsWith('trigger ') && line.includes(' bucardo_'))).toHaveLength(tables * 3 + 1);

  // Rule 24: the time of a change, unique for each transaction, and an index on the time of a delivery.
  expect(take(onlyOurs, /^default "?delta_.* txntime .*txid_current\(\)/)).toHaveLength(tables);
  expect(take(onlyTheirs, /^default "?delta_.* txntime now\(\)$/)).toHaveLength(tables);
  expect(take(onlyOurs, /^index CREATE INDEX "?goat_.* ON bucardo\."?track_.* USING btree \(txntime\)$/)).toHaveLength(tables);
  // Rule 8: tables that a foreign key references record their keys.
  expect(
    take(onlyOurs, /^trigger (t|shop\.lines) bucardo_note_trunc_orders_a_b O .* BEFORE TRUNCATE .*goatherd_record_truncate\(/),
  ).toHaveLength(recorded);
  expect(
    take(onlyTheirs, /^trigger (t|shop\.lines) bucardo_note_trunc_orders_a_b O .* AFTER TRUNCATE .*bucardo_note_truncation\(/),
  ).toHaveLength(recorded);
  expect(take(onlyOurs, /^function bucardo\.goatherd_record_truncate\(\) /)).toHaveLength(1);
  // The same rule: tables too large for that are remembered.
  expect(take(onlyOurs, /^(column|default|relation) goatherd_suspect /).length).toBeGreaterThan(1);
  // Rule 12: whose it is.
  expect(take(onlyOurs, /^comment goatherd: /)).toHaveLength(1);
  expect({ onlyOurs, onlyTheirs }).toEqual({ onlyOurs: [], onlyTheirs: [] });
});

test('the rows that name tables and sequences are those that Bucardo would have written', async () => {
  const sql = 'SELECT schemaname, tablename, reltype, pkey, qpkey, pkeytype FROM bucardo.goat ORDER BY 1, 2';
  const theirs = await query(lab().hub, 'bucardo_theirs', sql);
  expect(theirs).toHaveLength(tables + 1);
  expect(await query(lab().hub, 'bucardo_orders_a_b', sql)).toEqual(theirs);
});

test('names are quoted as the server quotes them', async () => {
  const words = await query(lab().hub, 'postgres', 'SELECT word FROM pg_get_keywords() WHERE quote_ident(word) <> word ORDER BY 1');
  expect([...KEY_WORDS].toSorted()).toEqual(words.map((row) => row['word']));
});

test("Bucardo's validation finds nothing to do", async () => {
  const a = clusterOf(lab(), 'a');
  const before = await bucardoVersions(a, lab().dbname);
  expect(await query(lab().hub, 'bucardo_orders_a_b', "SELECT bucardo.validate_sync('orders_a_b') AS said")).toMatchObject([
    { said: 'MODIFY' },
  ]);
  expect(await bucardoVersions(a, lab().dbname)).toEqual(before);
});

test('rows under all these names and keys are copied, and every change of them arrives', async () => {
  await declare(lab(), { state: 'running' });
  await reconciled(lab());
  await expectSameData(lab(), 'a', 'b');
  const on = (sql: string): Promise<unknown> => query(clusterOf(lab(), 'a'), lab().dbname, sql);
  await on(rowsOf(4) + rowsOf(5));
  await expectSameData(lab(), 'a', 'b');
  const names = (
    await query(
      clusterOf(lab(), 'a'),
      lab().dbname,
      "SELECT oid::regclass::text AS t FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('public', 'shop', '\"Mixed Case\"') AND relname <> 'refers' ORDER BY 1",
    )
  ).map((row) => String(row['t']));
  await on(`UPDATE public.t SET note = 'changed'; UPDATE shop."order" SET "group" = 'changed'; UPDATE shop."order" SET "user" = 77 WHERE "user" = 2;
    UPDATE "Mixed Case"."Order Lines" SET "Order Id" = 9 WHERE line = 1; UPDATE shop.numbers SET n = n + 0.01; UPDATE shop.times SET at = at + interval '1 microsecond';
    UPDATE shop.texts SET code = code || '!'; UPDATE shop.domains SET code = upper(code); UPDATE shop.uuids SET note = 'changed'; UPDATE shop.uniques SET other = 'p';
    DELETE FROM public.refers WHERE t = 1; DELETE FROM shop.lines WHERE line = 1; DELETE FROM shop.varchars; DELETE FROM shop.${LONG} WHERE id < 3; DELETE FROM shop.smalls WHERE id = 1`);
  await expectSameData(lab(), 'a', 'b');
  await on(`TRUNCATE public.refers, ${names.join(', ')}`);
  await on(rowsOf(6));
  const held = await expectSameData(lab(), 'a', 'b');
  expect(Object.entries(held).filter(([what, content]) => what.startsWith('table ') && !content.startsWith('1 rows'))).toEqual([]);
  await expectNothingLeft(lab());
});
