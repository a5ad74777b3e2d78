import type { Access } from '../postgres/access.ts';
import type { Queryable } from '../postgres/session.ts';
import type { Condition } from '../plan/status/condition-model.ts';
import { atAddressesNow } from '../plan/view/remembered/renamed-addresses.ts';
import type { Retry } from './model.ts';

/** What the controller that acts knows beyond facts, so that the next one, here or on another host, goes on where it ended. */
export const REMEMBERED_STATEMENTS: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS goatherd.remembered (topology text PRIMARY KEY, conditions jsonb NOT NULL, retries jsonb NOT NULL, starts jsonb NOT NULL)',
  'CREATE TABLE IF NOT EXISTS goatherd.told (receiver text PRIMARY KEY, memory jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now())',
];

/** A receiver that nobody told anything for so long is none any more, or has nothing to be remembered. */
const FORGET_TOLD_AFTER = '90 days';

/** Of one topology. */
export interface Remembered {
  readonly conditions: readonly Condition[];
  readonly retries: readonly Retry[];
  /** When each instance's daemon was started because it had died, epoch milliseconds. */
  readonly starts: Readonly<Record<string, readonly number[]>>;
}

const SAVE = `INSERT INTO goatherd.remembered(topology, conditions, retries, starts) VALUES ($1, $2, $3, $4)
  ON CONFLICT (topology) DO UPDATE SET conditions = excluded.conditions, retries = excluded.retries, starts = excluded.starts`;

export const nothingRemembered: Remembered = { conditions: [], retries: [], starts: {} };

/** What stands in the place of a topology's name for the controller's own conditions. */
export const OF_CONTROLLER = '';

/** What is remembered of a topology; nothing where the ledger is older than this. */
export async function readRemembered(session: Queryable, topology: string): Promise<Remembered> {
  const there = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.remembered') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return nothingRemembered;
  const { rows } = await session.query<Remembered & Record<string, unknown>>(
    'SELECT conditions, retries, starts FROM goatherd.remembered WHERE topology = $1',
    [topology],
  );
  return rows[0] ?? nothingRemembered;
}

export async function saveRemembered(access: Access, topology: string, { conditions, retries, starts }: Remembered): Promise<void> {
  await access
    .hub(access.config.ledger)
    .query(SAVE, [topology, JSON.stringify(conditions), JSON.stringify(retries), JSON.stringify(starts)]);
}

/**
 * Moves what is remembered of a topology, and what was told of it, to other addresses, through `client` in the transaction that renames its
 * links. `toldNow`: what a receiver was told, under the new ones. A ledger that is older than this remembers nothing.
 */
export async function renameRemembered(
  client: Queryable,
  topology: string,
  renames: ReadonlyMap<string, string>,
  toldNow: (memory: unknown) => unknown,
): Promise<void> {
  const { conditions, retries, starts } = await readRemembered(client, topology);
  if (conditions.length > 0 || retries.length > 0)
    await client.query(SAVE, [
      topology,
      JSON.stringify(atAddressesNow(conditions, renames)),
      JSON.stringify(atAddressesNow(retries, renames)),
      JSON.stringify(starts),
    ]);
  const there = await client.query<{ there: boolean }>("SELECT to_regclass('goatherd.told') IS NOT NULL AS there");
  if (there.rows[0]?.there !== true) return;
  const { rows } = await client.query<{ receiver: string; memory: unknown }>('SELECT receiver, memory FROM goatherd.told FOR UPDATE');
  for (const { receiver, memory } of rows)
    await client.query('UPDATE goatherd.told SET memory = $2 WHERE receiver = $1', [receiver, JSON.stringify(toldNow(memory))]);
}

/** What a receiver of notifications was told, as it was saved; null where nothing is known of it. */
export async function readTold(session: Queryable, receiver: string): Promise<unknown> {
  const { rows } = await session.query<{ memory: unknown }>('SELECT memory FROM goatherd.told WHERE receiver = $1', [receiver]);
  return rows[0]?.memory ?? null;
}

export async function saveTold(access: Access, receiver: string, memory: unknown): Promise<void> {
  const ledger = access.hub(access.config.ledger);
  await ledger.query(
    `INSERT INTO goatherd.told(receiver, memory) VALUES ($1, $2) ON CONFLICT (receiver) DO UPDATE SET memory = excluded.memory, at = now()`,
    [receiver, JSON.stringify(memory)],
  );
  await ledger.query(`DELETE FROM goatherd.told WHERE at < now() - interval '${FORGET_TOLD_AFTER}'`);
}
