import { quoteIdent } from '../../bucardo/names.ts';
import { instanceMark, markedLinks } from '../../ledger/marks.ts';
import { plural } from '../../lib/format.ts';
import { atNewAddresses, type Memory } from '../../notify/decide.ts';
import { forgottenLinks } from '../../plan/view/remembered/forgotten.ts';
import { renamedAddresses } from '../../plan/view/remembered/renamed-addresses.ts';
import { renamedDatabases, renamedRows, withRenames } from '../../plan/view/remembered/renames.ts';
import { type ActContext, done, type Outcome } from '../context.ts';

/** Links under other addresses: their rows of the ledger in one transaction, then the marks that name them. Nothing else knows their ids. */
export async function renameLinks(context: ActContext): Promise<Outcome> {
  const rows = renamedRows(withRenames(context.topology, context.known));
  const all = renamedAddresses(context.topology);
  const toldNow = (memory: unknown): Memory => atNewAddresses(memory as Memory, all);
  await context.ledger.rename(context.topology.name, rows, renamedDatabases(context.topology, rows), all, toldNow);
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

/** Under which the run remembers that a link has left an instance: the topology that it began with says that it has still to leave. */
export const leftKey = (address: string, instance: string): string => `left ${address} ${instance}`;

/** The mark of an instance as SQL writes it. */
export function markLiteral(
  { access, topology, known, observation, memory }: Pick<ActContext, 'access' | 'topology' | 'known' | 'observation' | 'memory'>,
  instance: string,
  except?: string,
): string {
  const links = topology.links.filter(({ address }) => address !== except && !memory.has(leftKey(address, instance)));
  // What only the mark tells of stays in it.
  const forgotten = forgottenLinks(topology, known, observation.instances)
    .filter((link) => link.names.instance === instance && link.address !== except)
    .map(({ id, names }) => ({ id, ...names }));
  const mark = instanceMark(topology.name, instance, access.controlDatabase(instance), [
    ...markedLinks(topology.name, instance, links),
    ...forgotten,
  ]);
  return `'${mark.replaceAll("'", "''")}'`;
}
