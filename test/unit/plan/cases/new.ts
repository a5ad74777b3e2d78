import { type Case, empty, planOf } from './case.ts';

/** Nothing stands yet: A -> B -> C, A with rows, B and C empty. */
export const fresh = (): Case => ({ plan: planOf(empty()) });
