import { randomUUID } from 'node:crypto';
import type { QueryResultRow } from 'pg';
import type { Access } from '../postgres/access.ts';
import type { Queryable } from '../postgres/session.ts';

/** What a person asked for while another process held the lock (rule 17). Done ones are kept for a week. */
export const REQUEST_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.request (
     id uuid PRIMARY KEY, word text NOT NULL, address text NOT NULL, arguments jsonb NOT NULL, asked_by text NOT NULL, asked_at timestamptz NOT NULL DEFAULT now(),
     begun_at timestamptz, ended_at timestamptz, exit_code int, said text, hint text)`,
];

/** A request as it is asked. */
export interface Asking {
  readonly word: string;
  /** `orders/a-b` or `orders`. */
  readonly address: string;
  /** Beside the reason: names of tables, a time. */
  readonly arguments: RequestArguments;
  readonly by: string;
}

export interface RequestArguments {
  readonly reason: string;
  readonly tables?: readonly string[];
  /** Epoch milliseconds. */
  readonly until?: number;
}

export interface Request extends Asking {
  readonly id: string;
}

/** What came of a request. */
export interface Answer {
  readonly exitCode: 0 | 1 | 20;
  readonly text: string;
  readonly hint: string | null;
}

/** Leaves a request for whoever holds the lock, and wakes it. Gives its id. */
export async function leaveRequest(access: Access, asking: Asking): Promise<string> {
  const id = randomUUID();
  const ledger = access.hub(access.config.ledger);
  await ledger.query('INSERT INTO goatherd.request(id, word, address, arguments, asked_by) VALUES ($1, $2, $3, $4, $5)', [
    id,
    asking.word,
    asking.address,
    JSON.stringify(asking.arguments),
    asking.by,
  ]);
  await wakeHolder(access);
  return id;
}

/** Tells whoever holds the lock that a person's word stands in the ledger: a hint, as it looks anyway. */
export async function wakeHolder(access: Access): Promise<void> {
  await access.hub(access.config.ledger).query('NOTIFY goatherd_request');
}

/** The answer to a request; null while it is open. */
export async function answerTo(access: Access, id: string): Promise<Answer | null> {
  const rows = await access
    .hub(access.config.ledger)
    .query<Answer>('SELECT exit_code AS "exitCode", said AS text, hint FROM goatherd.request WHERE id = $1 AND ended_at IS NOT NULL', [id]);
  return rows[0] ?? null;
}

/** Takes a request back that has no answer; false when it has one. */
export async function withdrawRequest(access: Access, id: string): Promise<boolean> {
  const rows = await access
    .hub(access.config.ledger)
    .query<{ id: string }>('DELETE FROM goatherd.request WHERE id = $1 AND ended_at IS NULL RETURNING id', [id]);
  return rows.length === 1;
}

/** Requests that nobody has answered, oldest first: those that a holder began and did not end are asked again. */
export async function openRequests(session: Queryable): Promise<readonly Request[]> {
  const { rows } = await session.query<Request & QueryResultRow>(
    'SELECT id::text, word, address, arguments, asked_by AS by FROM goatherd.request WHERE ended_at IS NULL ORDER BY asked_at, id LIMIT 100',
  );
  return rows;
}

export async function beginRequest(access: Access, id: string): Promise<void> {
  await access.hub(access.config.ledger).query('UPDATE goatherd.request SET begun_at = now() WHERE id = $1', [id]);
}

export async function answerRequest(access: Access, id: string, answer: Answer): Promise<void> {
  const ledger = access.hub(access.config.ledger);
  await ledger.query('UPDATE goatherd.request SET ended_at = now(), exit_code = $2, said = $3, hint = $4 WHERE id = $1', [
    id,
    answer.exitCode,
    answer.text,
    answer.hint,
  ]);
  await ledger.query("DELETE FROM goatherd.request WHERE ended_at < now() - interval '7 days'");
}
