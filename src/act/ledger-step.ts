import { ensureLedger } from '../ledger/write.ts';
import type { Receipt } from '../ledger/model.ts';
import { definitionOf } from '../plan/definition.ts';
import type { Link } from '../topology/model.ts';
import { type ActContext, done, type Outcome } from './context.ts';

/**
 * Adds the links that the ledger does not know. Where the control database shows that a link has run, the ledger was lost: its receipt is
 * `unknown`, said, and never repeated (rule 12).
 */
export async function fillLedger(context: ActContext): Promise<Outcome> {
  await ensureLedger(context.access);
  for (const link of context.topology.links) {
    if (context.known.links[link.address] !== undefined) continue;
    await context.ledger.addLink(
      { address: link.address, sync: link.sync, instance: link.instance, definition: definitionOf(context.topology, link) },
      lostReceipt(context, link),
    );
  }
  return done();
}

function lostReceipt(context: ActContext, link: Link): Receipt | null {
  const control = context.observation.instances[link.instance]?.control;
  const ran = control?.runs[link.sync]?.lastGood !== null && control?.runs[link.sync]?.lastGood !== undefined;
  const sync = control?.syncs.find((one) => one.name === link.sync);
  if (!ran || sync?.onetimecopy !== 0) return null;
  return { mode: 'unknown', copied: [], skipped: [], rows: 0, endedAt: 0 };
}
