/**
 * Addresses inside a report on one topology, where its name need not be said again.
 */
import type { Plan } from '../plan/model.ts';
import type { Step } from '../plan/step-model.ts';

/** `orders/a-b` -> `a-b`, `orders/instance/orders_a_b` -> `orders_a_b`, `orders` -> `orders`. */
export function shortAddress(within: { readonly topology: string }, address: string): string {
  const prefix = `${within.topology}/`;
  if (!address.startsWith(prefix) || address.length === prefix.length) return address;
  return address.slice(prefix.length).replace(/^instance\/(?=.)/, '');
}

/** What the step does, with the link it does it for in front unless the sentence names it already. */
export function stepWhat(within: { readonly topology: string }, step: Pick<Step, 'symbol' | 'address' | 'what'>): string {
  const where = shortAddress(within, step.address);
  // The row of a wait says WAIT by itself.
  const what = step.symbol === '|' ? step.what.replace(/^wait(?:s|ing)?(?: (?:for|until))? /i, '') : step.what;
  return where === within.topology || namesAddress(what, where) ? what : `${where}: ${what}`;
}

/** Whether the text has the address as a word of its own: `a-b` is not named by `aa-b`. */
function namesAddress(text: string, address: string): boolean {
  for (let at = text.indexOf(address); at >= 0 && address !== ''; at = text.indexOf(address, at + 1)) {
    const around = [text[at - 1] ?? ' ', text[at + address.length] ?? ' '];
    if (around.every((character) => !/[\w-]/.test(character))) return true;
  }
  return false;
}

/** Numbers of the steps with these ids, ascending; ids that the plan does not have are left out. */
export function stepNumbers(plan: Plan, ids: readonly string[]): number[] {
  const wanted = new Set(ids);
  return plan.steps.filter((step) => wanted.has(step.id)).map((step) => step.seq);
}

/** Steps in the order of carrying out. */
export function orderedSteps(plan: Plan): readonly Step[] {
  return plan.steps.toSorted((left, right) => left.seq - right.seq);
}
