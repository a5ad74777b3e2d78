import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../src/lab/cluster.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { checksums } from './checksums.ts';
import { eventually } from './eventually.ts';
import { query, withSession } from './query.ts';
import { clusterOf } from './use-lab.ts';

/** Tables with foreign keys, a key of two columns, sequences, and `zz_still`, which nobody writes after it is filled. */
const SHOP = `
  CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, visits int NOT NULL DEFAULT 0);
  CREATE TABLE invoices (id bigserial PRIMARY KEY, customer int NOT NULL REFERENCES customers, made timestamptz NOT NULL DEFAULT now());
  CREATE TABLE lines (invoice bigint NOT NULL REFERENCES invoices ON DELETE CASCADE, line int NOT NULL, what text, PRIMARY KEY (invoice, line));
  CREATE TABLE zz_still (id int PRIMARY KEY, what text);`;

const ROWS = `
  INSERT INTO customers(name) SELECT 'customer ' || n FROM generate_series(1, 500) n;
  INSERT INTO invoices(customer) SELECT 1 + n % 500 FROM generate_series(1, 1000) n;
  INSERT INTO lines SELECT i, l, 'line' FROM generate_series(1, 1000) i, generate_series(1, 3) l;`;

/** Rows of `zz_still`. */
export const STILL_ROWS = 700;

/** The shop's tables, and `fillers` small ones more (`f001` …), each with a few rows. */
export const shopTables = (fillers = 0): readonly string[] => ['customers', 'invoices', 'lines', 'zz_still', ...fillerNames(fillers)];

/** Makes the shop's tables on every cluster of the lab and its rows on the first. */
export async function makeShop(lab: Lab, options: { readonly fillers?: number } = {}): Promise<void> {
  const [first] = Object.values(lab.clusters);
  if (first === undefined) throw new Error('this takes a lab with clusters');
  const fillers = fillerNames(options.fillers ?? 0);
  const schema = SHOP + fillers.map((name) => `CREATE TABLE ${name} (id serial PRIMARY KEY, what text);`).join('\n');
  await Promise.all(Object.values(lab.clusters).map((cluster) => query(cluster, lab.dbname, schema)));
  const still = `INSERT INTO zz_still SELECT n, 'still' FROM generate_series(1, ${STILL_ROWS}) n;`;
  const few = fillers.map((name) => `INSERT INTO ${name}(what) SELECT 'x' FROM generate_series(1, 5);`).join('\n');
  await query(first, lab.dbname, ROWS + still + few);
}

function fillerNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `f${String(index + 1).padStart(3, '0')}`);
}

/** Writes to the shop of one database until it is stopped: new invoices, changed customers, deleted lines. */
export interface Writer {
  /** Ends after the current transaction; gives how many there were. Fails with the first error that a statement gave. */
  stop(): Promise<number>;
}

/** `lockTimeoutMs`: a statement that waits longer for a lock of a table fails, and with it the writer. */
export function startWriter(cluster: Cluster, dbname: string, options: { readonly lockTimeoutMs?: number } = {}): Writer {
  let stopped = false;
  const work = withSession(cluster, dbname, async (client) => {
    await client.query(`SET lock_timeout = ${options.lockTimeoutMs ?? 0}`);
    let count = 0;
    for (; !stopped; count += 1) {
      await client.query(`WITH i AS (INSERT INTO invoices(customer) VALUES (1 + ${count} % 500) RETURNING id)
        INSERT INTO lines SELECT id, l, 'new' FROM i, generate_series(1, 2) l`);
      await client.query(`UPDATE customers SET visits = visits + 1 WHERE id = 1 + ${count} % 500`);
      if (count % 3 === 0) await client.query('DELETE FROM lines WHERE (invoice, line) IN (SELECT invoice, line FROM lines LIMIT 1)');
      await sleep(10);
    }
    return count;
  });
  // Whoever stops it hears of its error; until then it must not end the process.
  work.catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
      return work;
    },
  };
}

/** Waits until every user table and sequence holds the same on all of these clusters. */
export async function untilEqual(lab: Lab, names: readonly string[] = Object.keys(lab.clusters)): Promise<void> {
  const clusters = names.map((name) => clusterOf(lab, name));
  await eventually(
    async () => {
      const [first, ...others] = await Promise.all(clusters.map((cluster) => checksums(cluster, lab.dbname)));
      for (const other of others) {
        const different = Object.keys({ ...first, ...other }).filter((key) => first?.[key] !== other[key]);
        if (different.length > 0)
          throw new Error(`different: ${different.map((key) => `${key} (${first?.[key] ?? '-'} and ${other[key] ?? '-'})`).join('; ')}`);
      }
      return true;
    },
    { timeoutMs: 180_000, everyMs: 300 },
  );
}
