import { randomUUID } from 'node:crypto';
import type { Access } from '../postgres/access.ts';
import { quoteIdent } from '../bucardo/names.ts';
import { GoatherdError } from '../lib/errors.ts';
import type { LeftInstance } from '../topology/model.ts';
import type { LinkNames } from '../topology/names.ts';
import type {
  CopyRequest,
  GivenApproval,
  LedgerLink,
  LinkIdentities,
  Receipt,
  SeenDatabase,
  SeenPlace,
  SeenTable,
  Suspicion,
} from './model.ts';
import type { CopyState } from './recopy.ts';
import { tablesText } from './seen.ts';
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

export interface LinkRow {
  readonly address: string;
  readonly names: LinkNames;
  readonly identities: LinkIdentities;
  readonly definition: unknown;
}

/** What only goatherd knows of its links, written as it becomes true. */
export class LedgerWriter {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Adds links that the ledger does not know. `receipt`: for those whose copy was made before this ledger. */
  async addLink(row: LinkRow, receipt: Receipt | null): Promise<void> {
    const { sync, instance, ...names } = row.names;
    await this.#query(
      'INSERT INTO goatherd.link(address, sync, instance, names, identities, definition, receipt) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (address) DO NOTHING',
      [
        row.address,
        sync,
        instance,
        JSON.stringify(names),
        JSON.stringify(row.identities),
        JSON.stringify(row.definition),
        receipt === null ? null : JSON.stringify(receipt),
      ],
    );
  }

  /** The request as it stands now: an earlier step of the same plan may have written it. */
  async readRequest(address: string): Promise<CopyRequest | null> {
    const rows = await this.#access
      .hub(this.#access.config.ledger)
      .query<{ request: CopyRequest | null }>('SELECT request FROM goatherd.link WHERE address = $1', [address]);
    return rows[0]?.request ?? null;
  }

  async saveRequest(address: string, request: CopyRequest): Promise<void> {
    await this.#query('UPDATE goatherd.link SET request = $2 WHERE address = $1', [address, JSON.stringify(request)]);
  }

  async saveReceipt(address: string, receipt: Receipt): Promise<void> {
    await this.#query('UPDATE goatherd.link SET receipt = $2 WHERE address = $1', [address, JSON.stringify(receipt)]);
  }

  /** What a link's databases are, from now on. */
  async saveIdentities(address: string, identities: LinkIdentities): Promise<void> {
    await this.#query('UPDATE goatherd.link SET identities = $2 WHERE address = $1', [address, JSON.stringify(identities)]);
  }

  /** A person's word that the databases of a link are the right ones, whatever they were before. */
  async acceptIdentities(address: string, who: string, reason: string, identities: LinkIdentities): Promise<void> {
    await this.saveIdentities(address, identities);
    const objects = [identities.from, identities.to].filter((one) => one !== null);
    await this.#query("INSERT INTO goatherd.word(who, what, address, reason, objects) VALUES ($1, 'accept', $2, $3, $4)", [
      who,
      address,
      reason,
      objects,
    ]);
  }

  /** Where a link runs from now on, and which instances it has still to leave. */
  async moveLink(address: string, { sync, instance, ...names }: LinkNames, leaves: readonly LeftInstance[]): Promise<void> {
    await this.#query('UPDATE goatherd.link SET sync = $2, instance = $3, names = $4, leaves = $5 WHERE address = $1', [
      address,
      sync,
      instance,
      JSON.stringify(names),
      JSON.stringify(leaves),
    ]);
  }

  /** Nothing of a link stands in this instance any more. */
  async forgetInstance(address: string, instance: string): Promise<void> {
    await this.#query(
      "UPDATE goatherd.link SET leaves = (SELECT jsonb_agg(one) FROM jsonb_array_elements(leaves) one WHERE one->>'instance' <> $2) WHERE address = $1",
      [address, instance],
    );
  }

  /**
   * Moves rows to other addresses, all of them or none: what is kept of a link (receipt, doubts, suspension, approvals, words) is kept under
   * its new address, and its names are written down, as those that it was born with can no longer be told from its address.
   */
  async rename(
    topology: string,
    rows: readonly (LedgerLink & { readonly formerAddress: string })[],
    databases: ReadonlyMap<string, string>,
  ): Promise<void> {
    await this.#access.hub(this.#access.config.ledger).transaction([], async (client) => {
      for (const { address, formerAddress, names: all, definition } of rows) {
        const { sync: _sync, instance: _instance, ...names } = all;
        await client.query('UPDATE goatherd.link SET address = $2, names = $3, definition = $4 WHERE address = $1', [
          formerAddress,
          address,
          JSON.stringify(names),
          definition === null ? null : JSON.stringify(definition),
        ]);
        await client.query('UPDATE goatherd.word SET address = $2 WHERE address = $1', [formerAddress, address]);
        await client.query('UPDATE goatherd.suspension SET address = $2 WHERE address = $1', [formerAddress, address]);
        const [before, after] = [formerAddress, address].map((one) => `${one.slice(topology.length + 1)}/`);
        await client.query(
          'UPDATE goatherd.approval SET step = $3 || substr(step, length($2) + 1) WHERE topology = $1 AND starts_with(step, $2)',
          [topology, before, after],
        );
      }
      for (const [before, after] of databases)
        await client.query(
          'UPDATE goatherd.seen SET database = $3 WHERE topology = $1 AND database = $2 AND NOT EXISTS (SELECT 1 FROM goatherd.seen WHERE topology = $1 AND database = $3)',
          [topology, before, after],
        );
    });
  }

  /** What a repeated copy has come to, as it stands now; null for a link that the ledger does not know. */
  async readCopyState(address: string): Promise<CopyState | null> {
    const rows = await this.#access
      .hub(this.#access.config.ledger)
      .query<{ receipt: CopyState['receipt']; recopy: CopyState['recopy']; suspects: Suspicion[] | null }>(
        'SELECT receipt, recopy, suspects FROM goatherd.link WHERE address = $1',
        [address],
      );
    const row = rows[0];
    return row === undefined ? null : { ...row, suspects: row.suspects ?? [] };
  }

  async saveCopyState(address: string, { receipt, recopy, suspects }: CopyState): Promise<void> {
    await this.#query('UPDATE goatherd.link SET receipt = $2, recopy = $3, suspects = $4 WHERE address = $1', [
      address,
      receipt === null ? null : JSON.stringify(receipt),
      recopy === null ? null : JSON.stringify(recopy),
      JSON.stringify(suspects),
    ]);
  }

  async forgetLink(address: string): Promise<void> {
    await this.#query('DELETE FROM goatherd.link WHERE address = $1', [address]);
    await this.#query('DELETE FROM goatherd.suspension WHERE address = $1', [address]);
  }

  async saveCopying(address: string, tables: readonly string[]): Promise<void> {
    await this.#query('UPDATE goatherd.link SET copying = $2 WHERE address = $1', [address, tables]);
  }

  /** Adds tables that joined later to the receipt, and forgets that their copy is under way: one statement, so that neither is true alone. */
  async extendReceipt(address: string, copied: readonly string[], skipped: readonly string[], rows: number): Promise<void> {
    await this.#query(
      `UPDATE goatherd.link SET copying = NULL, receipt = jsonb_set(jsonb_set(jsonb_set(receipt, '{copied}', receipt->'copied' || $2::jsonb), '{skipped}', receipt->'skipped' || $3::jsonb),
         '{rows}', to_jsonb((receipt->>'rows')::bigint + $4::bigint)) WHERE address = $1`,
      [address, JSON.stringify(copied), JSON.stringify(skipped), rows],
    );
  }

  /** Tables that left a link: a later return is a new arrival, with a copy of its own. */
  async removeFromReceipt(address: string, tables: readonly string[]): Promise<void> {
    await this.#query(
      `UPDATE goatherd.link SET receipt = jsonb_set(jsonb_set(receipt, '{copied}', (receipt->'copied') - $2::text[]), '{skipped}', (receipt->'skipped') - $2::text[])
       WHERE address = $1 AND receipt IS NOT NULL`,
      [address, tables],
    );
  }

  /** An approval holds until its step is done or no longer planned (DESIGN 5). */
  async pruneApprovals(topology: string, planned: readonly string[]): Promise<void> {
    await this.#query('DELETE FROM goatherd.approval WHERE topology = $1 AND step <> ALL ($2)', [topology, planned]);
  }

  async saveSuspects(address: string, suspects: readonly Suspicion[]): Promise<void> {
    // What was accepted before is doubted anew only where it is named again.
    const tables = suspects.flatMap((one) => one.tables);
    await this.#query(
      'UPDATE goatherd.link SET suspects = $2, accepted = ARRAY(SELECT unnest(accepted) EXCEPT SELECT unnest($3::text[])) WHERE address = $1',
      [address, JSON.stringify(suspects), tables],
    );
  }

  /** A person's word that some tables are as they should be, kept with who and why. `suspects`: what stays doubted. */
  async accept(address: string, who: string, reason: string, tables: readonly string[], suspects: readonly Suspicion[]): Promise<void> {
    await this.#query(
      'UPDATE goatherd.link SET suspects = $2, accepted = ARRAY(SELECT DISTINCT unnest(coalesce(accepted, $3::text[]) || $3::text[]) ORDER BY 1) WHERE address = $1',
      [address, JSON.stringify(suspects), tables],
    );
    await this.#query("INSERT INTO goatherd.word(who, what, address, reason, objects) VALUES ($1, 'accept', $2, $3, $4)", [
      who,
      address,
      reason,
      tables,
    ]);
  }

  /** A later look stays. `before`: what the ledger has; the tables are written only where they are other ones. */
  async saveSeen(
    topology: string,
    database: string,
    place: SeenPlace,
    tables: Readonly<Record<string, SeenTable>>,
    before: SeenDatabase | null,
  ): Promise<void> {
    const text = tablesText(tables);
    if (before !== null && tablesText(before.tables) === text)
      await this.#query(
        "UPDATE goatherd.seen SET place = $3 WHERE topology = $1 AND database = $2 AND (place->>'now')::float8 < ($3::jsonb->>'now')::float8",
        [topology, database, JSON.stringify(place)],
      );
    else
      await this.#query(
        `INSERT INTO goatherd.seen(topology, database, place, tables) VALUES ($1, $2, $3, $4)
         ON CONFLICT (topology, database) DO UPDATE SET place = excluded.place, tables = excluded.tables
           WHERE (seen.place->>'now')::float8 < (excluded.place->>'now')::float8`,
        [topology, database, JSON.stringify(place), text],
      );
  }

  /** Forgets which delta tables some tables had, as they are about to be made anew: `seen` is what the ledger has. */
  async forgetDeltas(topology: string, database: string, seen: SeenDatabase, addresses: readonly string[]): Promise<void> {
    const gone = new Set(addresses);
    const tables = Object.entries(seen.tables).map(([address, table]): [string, SeenTable] => [
      address,
      gone.has(address) ? { ...table, deltaOid: null, deltaFile: null } : table,
    ]);
    await this.#query('UPDATE goatherd.seen SET tables = $3 WHERE topology = $1 AND database = $2', [
      topology,
      database,
      tablesText(Object.fromEntries(tables)),
    ]);
  }

  /** Notes that facts of a link were put back, by the clock of the hub; what is older than a day is of no use to anybody. */
  async saveHeals(address: string, definition: string, facts: readonly string[]): Promise<void> {
    await this.#query('INSERT INTO goatherd.heal(address, definition, fact) SELECT $1, $2, unnest($3::text[])', [
      address,
      definition,
      facts,
    ]);
    await this.#query("DELETE FROM goatherd.heal WHERE at < now() - interval '1 day'", []);
  }

  /** A person's word that drift which was put back too often may be put back again, kept with who and why. */
  async forgetHeals(address: string, who: string, reason: string): Promise<void> {
    await this.#query('DELETE FROM goatherd.heal WHERE address = $1', [address]);
    await this.#query("INSERT INTO goatherd.word(who, what, address, reason, objects) VALUES ($1, 'accept drift', $2, $3, '{}')", [
      who,
      address,
      reason,
    ]);
  }

  /** What was seen of databases that a person took for other ones. */
  async forgetSeen(topology: string, databases: readonly string[]): Promise<void> {
    await this.#query('DELETE FROM goatherd.seen WHERE topology = $1 AND database = ANY ($2)', [topology, databases]);
  }

  async saveProof(address: string, at: number): Promise<void> {
    await this.#query('UPDATE goatherd.link SET proved_at = $2 WHERE address = $1', [address, at]);
  }

  async saveApplied(address: string, definition: unknown, hash: string): Promise<void> {
    await this.#query(
      'UPDATE goatherd.link SET definition = $2, definition_hash = $3 WHERE address = $1 AND (definition_hash IS DISTINCT FROM $3 OR definition IS DISTINCT FROM $2::jsonb)',
      [address, JSON.stringify(definition), hash],
    );
  }

  /** A person's word, or git's. `overCap`: whether it passes the host's caps; a later word may only widen it. */
  async approve(topology: string, approval: GivenApproval): Promise<void> {
    await this.#query(
      `INSERT INTO goatherd.approval(topology, id, step, approved_by, over_cap, reason) SELECT $1, $2, unnest($3::text[]), $4, $5, $6
       ON CONFLICT (topology, step, id) DO UPDATE SET over_cap = approval.over_cap OR excluded.over_cap, approved_by = excluded.approved_by,
         reason = excluded.reason, approved_at = now() WHERE excluded.over_cap AND NOT approval.over_cap`,
      [topology, approval.id, approval.steps, approval.by, approval.overCap, approval.reason],
    );
  }

  /** Protection is kept from the moment that it is declared, and ends when a file without it is applied (rule 14). */
  async saveProtection(address: string, protect: boolean): Promise<void> {
    await this.#query(
      "UPDATE goatherd.link SET definition = jsonb_set(definition, '{protect}', to_jsonb($2::boolean)) WHERE address = $1",
      [address, protect],
    );
  }

  async startRun(command: string, host: string, topologies: readonly string[]): Promise<string> {
    const id = randomUUID();
    await this.#query('INSERT INTO goatherd.run(id, command, host, pid, topologies) VALUES ($1, $2, $3, $4, $5)', [
      id,
      command,
      host,
      process.pid,
      topologies,
    ]);
    return id;
  }

  async endRun(id: string, exitCode: number, document: unknown): Promise<void> {
    await this.#query('UPDATE goatherd.run SET ended_at = now(), exit_code = $2, document = $3 WHERE id = $1', [
      id,
      exitCode,
      JSON.stringify(document),
    ]);
    await this.#query('DELETE FROM goatherd.run WHERE id IN (SELECT id FROM goatherd.run ORDER BY started_at DESC OFFSET 500)', []);
  }

  async #query(text: string, values: unknown[]): Promise<void> {
    await this.#access.hub(this.#access.config.ledger).query(text, values);
  }
}
