import { quoteIdent } from '../../bucardo/names.ts';
import { instanceMark } from '../../ledger/marks.ts';
import { plural } from '../../lib/format.ts';
import { renamedDatabases, renamedRows, withRenames } from '../../plan/view/remembered/renames.ts';
import { type ActContext, done, type Outcome } from '../context.ts';

/** Links under other addresses: their rows of the ledger in one transaction, then the marks that name them. Nothing else knows their ids. */
export async function renameLinks(context: ActContext): Promise<Outcome> {
  const rows = renamedRows(withRenames(context.topology, context.known));
  await context.ledger.rename(context.topology.name, rows, renamedDatabases(context.topology, rows));
  const renamed = new Set(rows.map((row) => row.address));
  const instances = new Set(context.topology.links.filter((link) => renamed.has(link.address)).map((link) => link.instance));
  for (const instance of instances) await markControl(context, instance);
  return done(plural(rows.length, 'link'));
}

/** Says on the control database which links are in it (rule 12). `except`: the address of one that is not any more. */
export async function markControl(context: ActContext, instance: string, except?: string): Promise<void> {
  const name = context.access.controlDatabase(instance);
  const hub = context.access.hub(context.config.hub.dbname);
  const there = await hub.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (there.length > 0) await hub.query(`COMMENT ON DATABASE ${quoteIdent(name)} IS ${markLiteral(context, instance, except)}`);
}

/** The mark of an instance as SQL writes it. */
export function markLiteral(context: Pick<ActContext, 'access' | 'topology'>, instance: string, except?: string): string {
  const links = context.topology.links.filter((link) => link.instance === instance && link.address !== except);
  const mark = instanceMark(context.topology.name, instance, context.access.controlDatabase(instance), links);
  return `'${mark.replaceAll("'", "''")}'`;
}
