import type { Cluster } from '../../src/lab/cluster.ts';
import { numberOf } from './databases.ts';

/** Transactions that changed `public.<table>` on a source and are not yet noted as delivered, to whichever target. */
export async function undelivered(source: Cluster, dbname: string, table: string): Promise<number> {
  return numberOf(
    source,
    dbname,
    `SELECT count(*) FROM (SELECT txntime FROM bucardo.delta_public_${table} EXCEPT SELECT txntime FROM bucardo.track_public_${table}) AS left_over`,
  );
}
