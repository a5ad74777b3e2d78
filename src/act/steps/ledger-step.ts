import { ensureLedger } from '../../ledger/ensure.ts';
import { definitionOf } from '../../plan/view/definition.ts';
import { identitiesOf } from '../../plan/view/remembered/identities.ts';
import { protectionChanges } from '../../plan/view/leaving/leaving.ts';
import { withLostLinks } from '../../plan/view/remembered/lost-ledger.ts';
import { namesFound } from '../../plan/view/remembered/kept-names.ts';
import { unknownFormers, withRenames } from '../../plan/view/remembered/renames.ts';
import { markControl } from './rename.ts';
import { type ActContext, done, type Outcome } from '../context.ts';

/**
 * Adds the links that the ledger does not know. Where the control database shows that a link has run, the ledger was lost: its receipt is
 * `unknown`, said, and never repeated (rule 12).
 */
export async function fillLedger(context: ActContext): Promise<Outcome> {
  await ensureLedger(context.access);
  // What is renamed in this plan has been, by now.
  const ledger = withRenames(context.topology, context.known);
  const lost = withLostLinks(context.topology, context.observation, ledger).links;
  for (const link of context.topology.links) {
    const known = ledger.links[link.address];
    if (known !== undefined) {
      if (protectionChanges(link, known)) await context.ledger.saveProtection(link.address, link.protect);
      continue;
    }
    // It claims to have been another, which nobody knows: until its file is mended it is not begun.
    if (unknownFormers(context.topology, ledger, link).length > 0) continue;
    // Its row is written when it is adopted.
    if (link.adopt !== undefined && link.former !== true) continue;
    await context.ledger.addLink(
      {
        address: link.address,
        names: namesFound(link, ledger),
        leaves: link.leaves ?? [],
        identities: identitiesOf(context.observation, link),
        definition: definitionOf(context.topology, link),
      },
      lost[link.address]?.receipt ?? null,
    );
    // Its mark may still call it otherwise: the run that renamed it was cut off.
    if (lost[link.address] !== undefined) await markControl(context, link.instance);
  }
  return done();
}
