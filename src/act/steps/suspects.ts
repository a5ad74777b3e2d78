import type { Work } from '../../plan/work-model.ts';
import { type ActContext, done, type Outcome } from '../context.ts';

/** Adds what may be lost to what the ledger doubts already: before anything is put back, so that a crash hides nothing (rule 15). */
export async function noteSuspects(context: ActContext, work: Extract<Work, { kind: 'suspect' }>): Promise<Outcome> {
  const since = new Date(context.clock.now()).toISOString();
  for (const { code, tables } of work.losses) await context.ledger.addSuspicion(work.link, { code, tables, since });
  return done();
}
