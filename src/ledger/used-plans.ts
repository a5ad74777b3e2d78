import type { Access } from '../postgres/access.ts';

/** Saved plans that were carried out, by the id of their file: each is used once. */
export const USED_PLAN_STATEMENTS: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS goatherd.used_plan (
     id uuid PRIMARY KEY, fingerprints text[] NOT NULL, used_by text NOT NULL, used_at timestamptz NOT NULL DEFAULT now())`,
];

/** Who used a saved plan and when. */
export interface PlanUse {
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const COLUMNS = 'used_by AS by, (extract(epoch FROM used_at) * 1000)::float8 AS at';

/** Whether a saved plan was used before; null when not. The ledger must be there. */
export async function planUse(access: Access, id: string): Promise<PlanUse | null> {
  const session = access.hub(access.config.ledger);
  const [there] = await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.used_plan') IS NOT NULL AS there");
  if (there?.there !== true) return null;
  return (await session.query<{ by: string; at: number }>(`SELECT ${COLUMNS} FROM goatherd.used_plan WHERE id = $1`, [id]))[0] ?? null;
}

/** Marks a saved plan as used, once: the use that came before, or null when this is the first. */
export async function usePlan(access: Access, id: string, fingerprints: readonly string[], by: string): Promise<PlanUse | null> {
  const marked = await access
    .hub(access.config.ledger)
    .query('INSERT INTO goatherd.used_plan(id, fingerprints, used_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1', [
      id,
      fingerprints,
      by,
    ]);
  return marked.length > 0 ? null : await planUse(access, id);
}
