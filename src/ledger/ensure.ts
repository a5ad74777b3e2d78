import { quoteIdent } from '../bucardo/names.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { Access } from '../postgres/access.ts';
import type { Queryable } from '../postgres/session.ts';
import { LEDGER_STATEMENTS, LEDGER_VERSION } from './tables.ts';

/** Makes the ledger's database and tables where they are missing. The database is marked as ours (rule 12). */
export async function ensureLedger(access: Access): Promise<void> {
  const name = access.config.ledger;
  const hub = access.hub(access.config.hub.dbname);
  const there = await hub.query<{ comment: string | null }>(
    "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
    [name],
  );
  if (there.length === 0) {
    try {
      await hub.query(`CREATE DATABASE ${quoteIdent(name)}`);
    } catch (error) {
      // Another run was faster: the lock that follows decides between the two.
      if (!(error instanceof GoatherdError) || error.retry !== 'expected') throw error;
    }
    await hub.query(`COMMENT ON DATABASE ${quoteIdent(name)} IS 'goatherd: the ledger'`);
    await hub.query(`REVOKE CONNECT ON DATABASE ${quoteIdent(name)} FROM PUBLIC`);
  }
  await access.hub(name).transaction(["SELECT pg_advisory_xact_lock(hashtext('goatherd ledger'))"], async (client) => {
    await refuseNewer(client);
    for (const statement of LEDGER_STATEMENTS) await client.query(statement);
  });
}

/** What a later version wrote there, this one would neither read nor keep. */
async function refuseNewer(client: Queryable): Promise<void> {
  const there =
    (await client.query<{ there: boolean }>("SELECT to_regclass('goatherd.meta') IS NOT NULL AS there")).rows[0]?.there === true;
  if (!there) return;
  const version = (await client.query<{ value: string }>("SELECT value FROM goatherd.meta WHERE key = 'version'")).rows[0]?.value;
  if (Number(version ?? 0) > LEDGER_VERSION) {
    throw new GoatherdError('LedgerNewer', `the ledger was written by a later version of goatherd (${version ?? ''} > ${LEDGER_VERSION})`, {
      hint: 'install that version again, or a later one',
    });
  }
}
