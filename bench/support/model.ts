/** How large a run is. Undefined means the size that the budgets are about. */
export interface Scale {
  /** Tiny: shows that the benchmark works, measures nothing. */
  readonly smoke: boolean;
  readonly tables?: number;
  readonly seconds?: number;
  readonly rounds?: number;
}

export type Cell = string | number;

/** One limit of DESIGN 10 and what was seen. */
export interface Budget {
  readonly what: string;
  readonly seen: number;
  readonly limit: number;
  readonly unit: string;
  /** Whether `seen` may not pass the limit, or must reach it. */
  readonly must: 'at most' | 'at least';
}

/** What one benchmark found: the table that is printed, and the same as numbers by name. */
export interface Result {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly budgets: readonly Budget[];
  readonly figures: Readonly<Record<string, number>>;
  /** Sizes and whatever the figures cannot be read without. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** `say` takes one line of progress. */
  run(scale: Scale, say: (line: string) => void): Promise<Result>;
}

export function isMet({ seen, limit, must }: Budget): boolean {
  return must === 'at most' ? seen <= limit : seen >= limit;
}
