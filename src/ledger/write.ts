import { randomUUID } from 'node:crypto';
import type { Access } from '../postgres/access.ts';
import type { LeftInstance } from '../topology/model.ts';
import type { LinkNames } from '../topology/names.ts';
import { renameRemembered } from './remembered.ts';
import type { LedgerLink, LinkIdentities, Receipt, Suspicion } from './model.ts';
import { CopyWriter } from './writers/copies.ts';
import { SightWriter } from './writers/sights.ts';
import { WordWriter } from './writers/words.ts';

export interface LinkRow {
  readonly address: string;
  readonly names: LinkNames;
  readonly leaves: readonly LeftInstance[];
  readonly identities: LinkIdentities;
  readonly definition: unknown;
}

/** What only goatherd knows of its links, written as it becomes true. */
export class LedgerWriter {
  readonly copies: CopyWriter;
  readonly sights: SightWriter;
  readonly words: WordWriter;
  readonly #access: Access;

  constructor(access: Access) {
    this.copies = new CopyWriter(access);
    this.sights = new SightWriter(access);
    this.words = new WordWriter(access);
    this.#access = access;
  }

  /** Adds links that the ledger does not know. `receipt`: for those whose copy was made before this ledger. */
  async addLink(row: LinkRow, receipt: Receipt | null): Promise<void> {
    const { sync, instance, ...names } = row.names;
    await this.#query(
      'INSERT INTO goatherd.link(address, sync, instance, names, identities, definition, receipt, leaves) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (address) DO NOTHING',
      [
        row.address,
        sync,
        instance,
        JSON.stringify(names),
        JSON.stringify(row.identities),
        JSON.stringify(row.definition),
        receipt === null ? null : JSON.stringify(receipt),
        JSON.stringify(row.leaves),
      ],
    );
  }

  /** What a link's databases are, from now on. */
  async saveIdentities(address: string, identities: LinkIdentities): Promise<void> {
    await this.#query('UPDATE goatherd.link SET identities = $2 WHERE address = $1', [address, JSON.stringify(identities)]);
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
   * its new address, and its names are written down, as those that it was born with can no longer be told from its address. What a controller
   * remembers goes with them. `all`: every address that is another now; `toldNow`: what was told of them to a receiver, under those.
   */
  async rename(
    topology: string,
    rows: readonly (LedgerLink & { readonly formerAddress: string })[],
    databases: ReadonlyMap<string, string>,
    all: ReadonlyMap<string, string>,
    toldNow: (memory: unknown) => unknown,
  ): Promise<void> {
    await this.#access.hub(this.#access.config.ledger).transaction([], async (client) => {
      for (const { address, formerAddress, names: given, definition } of rows) {
        const { sync: _sync, instance: _instance, ...names } = given;
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
      await renameRemembered(client, topology, all, toldNow);
    });
  }

  async forgetLink(address: string): Promise<void> {
    await this.#query('DELETE FROM goatherd.link WHERE address = $1', [address]);
    await this.#query('DELETE FROM goatherd.suspension WHERE address = $1', [address]);
    await this.#query(
      "DELETE FROM goatherd.remembered WHERE topology = split_part($1, '/', 1) AND NOT EXISTS (SELECT 1 FROM goatherd.link WHERE split_part(address, '/', 1) = split_part($1, '/', 1))",
      [address],
    );
  }

  /** Adds to what is doubted already, as it stands then: several steps of a run may doubt the same link. */
  async addSuspicion(address: string, suspicion: Suspicion): Promise<void> {
    // What was accepted before is doubted anew only where it is named again.
    await this.#query(
      "UPDATE goatherd.link SET suspects = coalesce(suspects, '[]') || $2::jsonb, accepted = ARRAY(SELECT unnest(accepted) EXCEPT SELECT unnest($3::text[])) WHERE address = $1",
      [address, JSON.stringify([suspicion]), suspicion.tables],
    );
  }

  async saveProof(address: string, at: number): Promise<void> {
    await this.#query('UPDATE goatherd.link SET proved_at = $2 WHERE address = $1', [address, at]);
  }

  /** `before`: the hash that was read; a row that has another one by now is left as it is. */
  async saveApplied(address: string, definition: unknown, hash: string, before?: string | null): Promise<void> {
    const asRead = before === undefined ? '' : ' AND definition_hash IS NOT DISTINCT FROM $4';
    await this.#query(
      `UPDATE goatherd.link SET definition = $2, definition_hash = $3 WHERE address = $1 AND (definition_hash IS DISTINCT FROM $3 OR definition IS DISTINCT FROM $2::jsonb)${asRead}`,
      [address, JSON.stringify(definition), hash, ...(before === undefined ? [] : [before])],
    );
  }

  /** Protection is kept from the moment that it is declared, and ends when a file without it is applied (rule 14). */
  async saveProtection(address: string, protect: boolean): Promise<void> {
    await this.#query(
      "UPDATE goatherd.link SET definition = jsonb_set(definition, '{protect}', to_jsonb($2::boolean)) WHERE address = $1",
      [address, protect],
    );
  }

  /** What a link brings is no longer written down for these links, ids; what of it was applied in full stays said. */
  async savePassedOnNoLonger(address: string, ended: readonly string[]): Promise<void> {
    await this.#query(
      `UPDATE goatherd.link SET definition = jsonb_set(definition, '{passedOn}', (definition->'passedOn') - $2::text[])
       WHERE address = $1 AND jsonb_typeof(definition->'passedOn') = 'array'`,
      [address, ended],
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
