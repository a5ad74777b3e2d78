import { type Case, converged, planOf } from './case.ts';

/** At night somebody made a truncate trigger ordinary on B, dropped the delta trigger of a table of A, and the daemon of a -> b died. */
export const drift = (): Case => {
  const world = converged();
  const item = world.databases['b']?.facts.tables.find((table) => table.name === 'item');
  for (const trigger of item?.bucardo?.triggers ?? []) if (trigger.name.startsWith('bucardo_note_trunc')) trigger.enabled = 'O';
  const invoice = world.databases['a']?.facts.tables.find((table) => table.name === 'invoice');
  if (invoice !== undefined && invoice.bucardo !== null)
    invoice.bucardo.triggers = invoice.bucardo.triggers.filter((one) => one.name !== 'bucardo_delta');
  const instance = world.instances['orders_a_b'];
  if (instance !== undefined) instance.daemon = null;
  return { plan: planOf(world) };
};
