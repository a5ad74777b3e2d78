import { type Case, converged, planOf } from './case.ts';

/** All is as declared. */
export const noOp = (): Case => ({ plan: planOf(converged()) });
