import type { Lab } from '../../../src/lab/lab.ts';
import { query } from './query.ts';
import { clusterOf } from './use-lab.ts';

/** Two tables tied by a foreign key, one alone, and a sequence: enough for every kind of change. */
const TABLES = `
  CREATE TABLE items (id serial PRIMARY KEY, name text NOT NULL);
  CREATE TABLE moves (item int NOT NULL REFERENCES items, at timestamptz NOT NULL, amount int NOT NULL, PRIMARY KEY (item, at));
  CREATE TABLE notes (id int PRIMARY KEY, note text);`;
const ROWS = `
  INSERT INTO items (name) SELECT 'item ' || n FROM generate_series(1, 200) n;
  INSERT INTO moves SELECT id, timestamptz '2026-01-01' + id * interval '1 hour', id FROM items;
  INSERT INTO notes SELECT n, 'note ' || n FROM generate_series(1, 50) n;`;

/** Makes the tables on every cluster of the lab, and rows on the first. */
export async function loadStock(lab: Lab): Promise<void> {
  const [first, ...others] = Object.keys(lab.clusters);
  await Promise.all([first, ...others].map((name) => query(clusterOf(lab, name ?? ''), lab.dbname, TABLES)));
  await query(clusterOf(lab, first ?? ''), lab.dbname, ROWS);
}

/** One of each kind of change, each in a transaction of its own; every call changes something. */
export const STOCK_CHANGES: readonly string[] = [
  "INSERT INTO items (name) VALUES ('new'), ('newer'); UPDATE items SET name = name || '!' WHERE id <= 20",
  "DELETE FROM moves WHERE item <= 10; UPDATE moves SET at = at + interval '1 minute' WHERE item BETWEEN 11 AND 20",
  "TRUNCATE notes; INSERT INTO notes VALUES (1, 'after the truncate')",
  "TRUNCATE items, moves; INSERT INTO items VALUES (1, 'again'), (2, 'again'); INSERT INTO moves VALUES (1, now(), 1)",
];
