import type { Lab } from '../../../../src/lab/lab.ts';
import { declare } from '../declare.ts';
import { query, type Row } from '../query.ts';
import { type Steady, onEach } from '../steady.ts';
import { clusterOf } from '../use-lab.ts';

/** One edit of the declaration, or of the world, after which the chain has to converge again. */
export interface Change {
  readonly what: string;
  /** Changes the file, or the world. */
  readonly edit: () => Promise<unknown>;
  /** Kinds of steps that the plan of the change has. */
  readonly steps?: readonly string[];
  /** In CI's sample. */
  readonly sample?: true;
  /** Nobody writes between the change and the end of its plan. */
  readonly quiet?: true;
  /** Databases that hold the same then, the one that is written first; all three unless told. */
  readonly same?: readonly ('a' | 'b' | 'c')[];
  /** What is looked at besides. */
  readonly besides?: () => Promise<unknown>;
  /** Links with tables that were left alone for the rows they had, as it has to be: a person's word follows. */
  readonly suspect?: readonly string[];
}

/** What the changes are made with: one converged A -> B -> C with the stock's tables and `shaped`, written to all the while. */
export interface Stage {
  readonly lab: () => Lab;
  readonly writes: Steady;
  /** Runs a statement on A. */
  readonly a: (statement: string) => Promise<readonly Row[]>;
  /** Runs a statement on C, B and A, in this order. */
  readonly all: (statement: string) => Promise<void>;
  /** An edit that declares these keys. */
  readonly put: (keys: Readonly<Record<string, unknown>>) => () => Promise<void>;
}

export function stageOf(lab: () => Lab, writes: Steady): Stage {
  return {
    lab,
    writes,
    a: (statement) => query(clusterOf(lab(), 'a'), lab().dbname, statement),
    all: (statement) => onEach(lab(), ['c', 'b', 'a'], statement),
    put: (keys) => () => declare(lab(), keys),
  };
}

/** Kinds of steps by which a daemon is started anew, and by which it is so because its rows are other ones. */
export const RESTART: readonly string[] = ['arrival', 'start_daemon', 'stop_daemon'];
export const REREAD: readonly string[] = ['register', ...RESTART];

export const CHAIN: readonly string[] = ['a -> b', 'b -> c'];
/** All tables of the chain, as a finding names them. */
export const STOCK = 'public.items, public.moves, public.notes, public.shaped';

/** A link that copies into tables with rows. */
export const copied = (from: string, to: string, keys: object = {}): object => ({ from, to, copy_data: 'always', ...keys });
