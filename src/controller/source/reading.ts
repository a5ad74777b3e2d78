import type { Problem, Topology } from '../../topology/model.ts';

/** What a source says at one moment. */
export interface Reading {
  /** A commit, or a hash over the files. */
  readonly revision: string;
  /** Those that could be read. */
  readonly topologies: readonly Topology[];
  readonly problems: readonly Problem[];
}

/** Where topologies come from. */
export interface Source {
  readonly kind: 'directory' | 'git';
  /** As it may be shown: without credentials. */
  readonly place: string;
  readonly ref: string | null;
  /** How often it is read at the latest. */
  readonly everyMs: number;
  /**
   * What it says now.
   * @throws GoatherdError `FetchFailed`, `SignatureInvalid`, `SourceInvalid` or `SourceEmpty`; what was read before stays in force
   */
  read(): Promise<Reading>;
  /** Calls `nudge` when it may say something else; correctness does not depend on it. */
  watch(nudge: () => void): void;
  close(): Promise<void>;
}
