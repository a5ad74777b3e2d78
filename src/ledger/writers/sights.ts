import type { Access } from '../../postgres/access.ts';
import type { SeenDatabase, SeenPlace, SeenTable } from '../model.ts';
import { tablesText } from '../seen.ts';

/** What was seen of databases, and what was put back on them. */
export class SightWriter {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
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

  async #query(text: string, values: unknown[]): Promise<void> {
    await this.#access.hub(this.#access.config.ledger).query(text, values);
  }
}
