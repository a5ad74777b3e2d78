import type { Access } from '../../postgres/access.ts';
import type { CopyRequest, Receipt, Suspicion } from '../model.ts';
import type { CopyState } from '../recopy.ts';

/** What is written of the copies of links: what was asked for, what stands whole, what is to be made again. */
export class CopyWriter {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
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

  async #query(text: string, values: unknown[]): Promise<void> {
    await this.#access.hub(this.#access.config.ledger).query(text, values);
  }
}
