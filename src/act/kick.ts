import type { Link } from '../topology/model.ts';
import { type ActContext, remembered } from './context.ts';

/**
 * A kick is a hint (FACTS 4.5): it is repeated until what it should bring is seen. One that comes while a controller is being made is lost,
 * so the first ones follow each other soon.
 */
const AGAIN_AFTER_MS = 500;
const AGAIN_AT_MOST_MS = 2_000;

/** Kicks a sync unless that was done just now. */
export async function kick(context: ActContext, link: Link): Promise<void> {
  const last = remembered(context, `kick ${link.sync}`, () => ({ at: 0, again: 0 }));
  if (context.clock.now() - last.at < last.again) return;
  last.at = context.clock.now();
  last.again = Math.min(AGAIN_AT_MOST_MS, Math.max(AGAIN_AFTER_MS, last.again * 2));
  await context.access.control(link.instance).query("SELECT pg_notify('bucardo', $1)", [`kick_sync_${link.sync}`]);
}
