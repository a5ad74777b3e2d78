import { FACT_STATEMENTS } from '../../bucardo/control-facts.ts';
import { isOurMark, markOf, quoteIdent, SCHEMA_MARK } from '../../bucardo/names.ts';
import { ensureLedger } from '../../ledger/ensure.ts';
import type { Work } from '../../plan/work-model.ts';
import { identitiesOf } from '../../plan/view/remembered/identities.ts';
import { definitionHash, definitionOf } from '../../plan/view/definition.ts';
import { type ActContext, done, failed, linkAt, type Outcome } from '../context.ts';

/**
 * Marks the control database and the source's schema as ours, then writes the link down with the names that it has: last, so that a run
 * that is cut off adopts it again. Its copy was other hands' work, so the receipt is `unknown` and the copy never repeated (rule 12).
 */
export async function adopt(context: ActContext, work: Extract<Work, { kind: 'adopt' }>): Promise<Outcome> {
  const { access, config, topology } = context;
  const found = linkAt(context, work.link);
  const { names } = work;
  if (names === null) return failed('AdoptMembers', `${found.sync} is not one source and one target`, 'see the plan');
  const link = { ...found, ...names };
  await ensureLedger(access);
  const mark = markOf(topology.name, `adopted, instance ${link.instance}`);
  await access.control(link.instance).transaction([], async (client) => {
    for (const statement of FACT_STATEMENTS) await client.query(statement);
  });
  const control = context.observation.instances[link.instance]?.control;
  if (!isOurMark(control?.mark)) await access.hub(config.hub.dbname).query(`COMMENT ON DATABASE ${quoteIdent(link.control)} IS '${mark}'`);
  await access.database(link.from).query(`COMMENT ON SCHEMA bucardo IS '${SCHEMA_MARK}'`);
  const definition = definitionOf(topology, link);
  await context.ledger.addLink(
    { address: link.address, names, leaves: [], identities: identitiesOf(context.observation, link), definition },
    { mode: 'unknown', generation: link.copyGeneration, copied: [], skipped: [], rows: 0, endedAt: 0 },
  );
  await context.ledger.saveApplied(link.address, definition, definitionHash(topology, link));
  return done(`${link.sync}, dbgroup ${link.dbgroup}, relgroup ${link.relgroup}`);
}
