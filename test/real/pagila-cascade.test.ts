import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { declare } from './support/declare.ts';
import { hasPagila, loadPagila, PAGILA_MISSING } from './support/pagila.ts';
import { query } from './support/query.ts';
import { expectNothingLeft, planOf, reconciled, said } from './support/reconciled.ts';
import { expectSameData } from './support/same-data.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

interface Corner {
  readonly disableKicking: boolean;
  readonly instance: 'separate' | 'shared';
}

/** CI runs two opposite corners; each setting of either key is in one of them. */
const sample: readonly Corner[] = [
  { disableKicking: true, instance: 'separate' },
  { disableKicking: false, instance: 'shared' },
];
const rest: readonly Corner[] = [
  { disableKicking: true, instance: 'shared' },
  { disableKicking: false, instance: 'separate' },
];
const corners = process.env['GOATHERD_TEST_ALL'] === '1' ? [...sample, ...rest] : sample;

/** What is written on A, one transaction each. Pagila's foreign keys cascade updates of keys. */
const changes: Readonly<Record<string, string>> = {
  'inserts, into a partition too': `
    INSERT INTO actor (first_name, last_name) SELECT 'GOAT', 'HERD ' || n FROM generate_series(1, 50) n;
    INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date) SELECT customer_id, staff_id, rental_id, 1.23, '2022-03-15' FROM rental LIMIT 20;`,
  'updates, of a row that moves to another partition too': `
    UPDATE film SET rental_rate = rental_rate + 1, special_features = '{Trailers}' WHERE film_id <= 300;
    UPDATE payment SET payment_date = payment_date + interval '1 month' WHERE payment_date >= '2022-02-01' AND payment_date < '2022-02-10';`,
  deletes: `
    DELETE FROM film_actor WHERE actor_id <= 30;
    DELETE FROM payment WHERE customer_id = 17;`,
  'changes of keys, which foreign keys pass on': `
    UPDATE category SET category_id = category_id + 1000 WHERE category_id <= 5;
    UPDATE film_actor SET film_id = 1 WHERE actor_id = 40 AND film_id <> 1 AND film_id = (SELECT min(film_id) FROM film_actor WHERE actor_id = 40);
    UPDATE actor SET actor_id = actor_id + 100000 WHERE actor_id BETWEEN 101 AND 110;
    UPDATE actor SET actor_id = CASE actor_id WHEN 198 THEN 900198 ELSE 198 END WHERE actor_id = 198;`,
  'a TRUNCATE of a table that nothing references': 'TRUNCATE film_category',
  'a TRUNCATE of two tables tied by a foreign key, with new rows of old keys in the same transaction': `
    TRUNCATE rental, payment;
    INSERT INTO rental (rental_id, rental_date, inventory_id, customer_id, staff_id)
      SELECT n, timestamptz '2022-05-01' + n * interval '1 minute', 1, 1, 1 FROM generate_series(1, 40) n;
    INSERT INTO payment (payment_id, customer_id, staff_id, rental_id, amount, payment_date)
      SELECT 16000 + n, 1, 1, n, 2.5, timestamptz '2022-05-03' FROM generate_series(1, 40) n;`,
  'rows after the truncates': `
    INSERT INTO film_category (film_id, category_id) SELECT film_id, 6 FROM film WHERE film_id <= 100;
    UPDATE rental SET return_date = now() WHERE rental_id <= 5;
    DELETE FROM payment WHERE rental_id > 30;`,
  // Bucardo looks at sequences when it runs, and a sequence alone kicks nothing.
  'sequences that moved far': `
    SELECT setval('film_film_id_seq', 500000), setval('store_store_id_seq', 77, false);
    INSERT INTO language (name) VALUES ('Goatish');`,
};

async function prepare(lab: Lab, { disableKicking, instance }: Corner): Promise<void> {
  await Promise.all(['a', 'b', 'c'].map((name) => loadPagila(clusterOf(lab, name), lab.dbname, { rows: name === 'a' })));
  await declare(lab, { disable_kicking: disableKicking, ...(instance === 'shared' ? { bucardo: { instance: 'all' } } : {}) });
}

describe.skipIf(!hasPagila).each(corners)(
  `Pagila from A over B to C, disable_kicking $disableKicking, $instance instances${hasPagila ? '' : ` (${PAGILA_MISSING})`}`,
  (corner) => {
    const lab = useLab({}, (started) => prepare(started, corner));
    const a = (sql: string): Promise<unknown> => query(clusterOf(lab(), 'a'), lab().dbname, sql);

    test('one run copies every row and sequence', async () => {
      const plan = await planOf(lab());
      expect(plan.links).toMatchObject([
        { address: 'orders/a-b', tables: 21, sequences: 13 },
        { address: 'orders/b-c', tables: 21, sequences: 13 },
      ]);
      expect(said(plan, 'PartitionsExpanded')).toEqual(['orders/a-b: public.payment: 7 leaves', 'orders/b-c: public.payment: 7 leaves']);

      const document = await reconciled(lab());
      expect(document.runs).toMatchObject([{ outcome: 'converged', reason: null }]);

      const held = await expectSameData(lab(), 'a', 'b', 'c');
      expect(Object.keys(held).filter((what) => what.startsWith('table '))).toHaveLength(21);
      expect(Object.keys(held).filter((what) => what.startsWith('sequence '))).toHaveLength(13);
      expect(held['table public.rental']).toMatch(/^16044 rows/);
      const instances = await query(lab().hub, 'postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'bucardo\\_%' ORDER BY 1");
      expect(instances.map((row) => row['datname'])).toEqual(
        corner.instance === 'shared' ? ['bucardo_orders_all'] : ['bucardo_orders_a_b', 'bucardo_orders_b_c'],
      );
    });

    test('the next plan is empty', async () => {
      await expectNothingLeft(lab());
    });

    test.each(Object.entries(changes))('on C arrive %s', async (_, sql) => {
      const before = await expectSameData(lab(), 'a', 'b', 'c');
      await a(sql);
      const after = await expectSameData(lab(), 'a', 'b', 'c');
      expect(after).not.toEqual(before);
    });

    test('after all that, nothing is left to do, and no run has failed', async () => {
      const plan = await expectNothingLeft(lab());
      expect(plan.links.map((link) => link.suspect)).toEqual([null, null]);
      const databases = corner.instance === 'shared' ? ['bucardo_orders_all'] : ['bucardo_orders_a_b', 'bucardo_orders_b_c'];
      for (const database of databases)
        expect(
          await query(lab().hub, database, "SELECT sync, status FROM bucardo.syncrun WHERE lastbad OR status ~ 'Failed|died'"),
        ).toEqual([]);
    });
  },
);
