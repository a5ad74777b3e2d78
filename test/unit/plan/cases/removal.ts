import { type Case, converged, planOf } from './case.ts';

/** The file no longer names b -> c; nobody has approved its removal. */
export const removal = (): Case => ({ plan: planOf(converged(), 'links: [a -> b]') });
