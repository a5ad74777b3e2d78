import { type Case, empty, planOf } from './case.ts';

/** Preflight finds a table without a key on B, which holds b -> c; a -> b would delete rows of B, which nobody has approved. */
export const blocked = (): Case => {
  const world = empty('links: [{from: a, to: b, copy_data: always}, b -> c]', {
    rows: { a: { customer: ['c1'] }, b: { customer: ['c9'], invoice: ['i9'] } },
  });
  const item = world.databases['b']?.facts.tables.find((table) => table.name === 'item');
  if (item !== undefined) item.key = null;
  return { plan: planOf(world) };
};
