import type { Suspicion } from '../../ledger/model.ts';
import type { Work } from '../../plan/work-model.ts';
import { type ActContext, done, type Outcome } from '../context.ts';

/** Adds what may be lost to what the ledger doubts already: before anything is put back, so that a crash hides nothing (rule 15). */
export async function noteSuspects(context: ActContext, work: Extract<Work, { kind: 'suspect' }>): Promise<Outcome> {
  const known = context.known.links[work.link]?.suspects ?? [];
  const since = new Date(context.clock.now()).toISOString();
  const fresh = work.losses.map((loss): Suspicion => ({ code: loss.code, tables: loss.tables, since }));
  await context.ledger.saveSuspects(work.link, [...known, ...fresh]);
  return done();
}
