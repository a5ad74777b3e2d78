import type { Link } from '../topology/model.ts';
import { type ActContext, remembered } from './context.ts';

/** A kick is a hint (FACTS 4.5): it is repeated this often until what it should bring is seen. */
const AGAIN_AFTER_MS = 2_000;

/** Kicks a sync unless that was done just now. */
export async function kick(context: ActContext, link: Link): Promise<void> {
  const last = remembered(context, `kick ${link.sync}`, () => ({ at: 0 }));
  if (context.clock.now() - last.at < AGAIN_AFTER_MS) return;
  last.at = context.clock.now();
  await context.access.control(link.instance).query("SELECT pg_notify('bucardo', $1)", [`kick_sync_${link.sync}`]);
}
