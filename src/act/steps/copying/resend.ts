import { plural } from '../../../lib/format.ts';
import type { Work } from '../../../plan/work-model.ts';
import { type ActContext, done, linkAt, type Outcome } from '../../context.ts';
import { noteEveryKey, suspectOf } from './note-keys.ts';

/** Notes every row of some tables as changed, and that they owe none any more: in this order, so that a crash between repeats it. */
export async function resend(context: ActContext, work: Extract<Work, { kind: 'resend' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const source = context.observation.databases[work.database];
  const tooMany: string[] = [];
  for (const address of work.tables) {
    const table = source?.reachable === true ? source.tables.find((one) => one.address === address) : undefined;
    if (table === undefined) return { state: 'moved', why: `${address} of ${work.database} is gone` };
    const noted = await context.access
      .database(work.database)
      .transaction([], (client) => noteEveryKey(context, client, table, [work.database]));
    if (!noted) tooMany.push(address);
  }
  if (tooMany.length > 0) await suspectOf(context, link, 'ColumnsChanged', tooMany);
  await context.access
    .hub(context.access.controlDatabase(work.instance))
    .query(
      "UPDATE goatherd.shape SET columns = regexp_replace(columns, '^resend ', '') FROM bucardo.goat g WHERE g.id = shape.goat AND g.db = $1 AND g.schemaname || '.' || g.tablename = ANY ($2)",
      [link.aliases.from, work.tables],
    );
  return done(plural(work.tables.length, 'table'));
}
