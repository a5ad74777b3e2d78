import pg from 'pg';
import type { Cluster } from '../../src/lab/cluster.ts';
import { query } from '../../test/real/support/query.ts';

/** Makes an empty database of this name on each cluster. */
export async function makeDatabases(clusters: readonly Cluster[], dbname: string): Promise<void> {
  await Promise.all(clusters.map((cluster) => query(cluster, 'postgres', `CREATE DATABASE ${pg.escapeIdentifier(dbname)}`)));
}

export async function dropDatabases(clusters: readonly Cluster[], dbname: string): Promise<void> {
  const statement = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(dbname)} WITH (FORCE)`;
  await Promise.all(clusters.map((cluster) => query(cluster, 'postgres', statement)));
}

/** Makes `public.t1` to `public.t<count>`, each with a primary key, two more columns and `rows` rows with the keys 1 to `rows`. */
export async function makeTables(cluster: Cluster, dbname: string, count: number, rows = 0): Promise<void> {
  const fill =
    rows === 0 ? '' : `EXECUTE format('INSERT INTO public.%I SELECT g, 0, $x$text$x$ FROM generate_series(1, ${rows}) g', 't' || i);`;
  await query(
    cluster,
    dbname,
    `DO $do$ BEGIN FOR i IN 1..${count} LOOP
       EXECUTE format('CREATE TABLE public.%I (id bigint PRIMARY KEY, v int NOT NULL, note text)', 't' || i); ${fill}
     END LOOP; END $do$`,
  );
}

/** The first column of the first row, as a number. */
export async function numberOf(cluster: Cluster, dbname: string, sql: string): Promise<number> {
  const row = (await query(cluster, dbname, sql))[0] ?? {};
  return Number(Object.values(row)[0]);
}
