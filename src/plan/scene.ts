import type { Ledger } from '../ledger/model.ts';
import type { Observation } from '../observe/model.ts';
import type { HostConfig, Topology } from '../topology/model.ts';
import type { ForgottenLink } from './view/remembered/forgotten.ts';

/** Everything that one call of the planner works on. */
export interface Scene {
  readonly config: HostConfig;
  readonly topology: Topology;
  readonly observation: Observation;
  /** With links that a lost ledger does not know (`withLostLinks`). */
  readonly ledger: Ledger;
  /** Links of which the ledger, as it was found, has no row. */
  readonly unknown: readonly string[];
  /** Links that only marks tell of. */
  readonly forgotten: readonly ForgottenLink[];
}
