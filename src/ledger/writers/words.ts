import type { Access } from '../../postgres/access.ts';
import type { GivenApproval, LinkIdentities, Suspicion } from '../model.ts';

/** People's words, kept with who and why: approvals, and what they take as it is. */
export class WordWriter {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** A person's word that the databases of a link are the right ones, whatever they were before. */
  async acceptIdentities(address: string, who: string, reason: string, identities: LinkIdentities): Promise<void> {
    await this.#query('UPDATE goatherd.link SET identities = $2 WHERE address = $1', [address, JSON.stringify(identities)]);
    const objects = [identities.from, identities.to].filter((one) => one !== null);
    await this.#query("INSERT INTO goatherd.word(who, what, address, reason, objects) VALUES ($1, 'accept', $2, $3, $4)", [
      who,
      address,
      reason,
      objects,
    ]);
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

  /** A person's word, or git's. `overCap`: whether it passes the host's caps; a later word may only widen it. */
  async approve(topology: string, approval: GivenApproval): Promise<void> {
    await this.#query(
      `INSERT INTO goatherd.approval(topology, id, step, approved_by, over_cap, reason) SELECT $1, $2, unnest($3::text[]), $4, $5, $6
       ON CONFLICT (topology, step, id) DO UPDATE SET over_cap = approval.over_cap OR excluded.over_cap, approved_by = excluded.approved_by,
         reason = excluded.reason, approved_at = now() WHERE excluded.over_cap AND NOT approval.over_cap`,
      [topology, approval.id, approval.steps, approval.by, approval.overCap, approval.reason],
    );
  }

  /** An approval holds until its step is done or no longer planned (DESIGN 5). */
  async pruneApprovals(topology: string, planned: readonly string[]): Promise<void> {
    await this.#query('DELETE FROM goatherd.approval WHERE topology = $1 AND step <> ALL ($2)', [topology, planned]);
  }

  async #query(text: string, values: unknown[]): Promise<void> {
    await this.#access.hub(this.#access.config.ledger).query(text, values);
  }
}
