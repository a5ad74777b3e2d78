/** How much of tables and texts a section shows. */
export interface Limits {
  readonly rows: number;
  readonly text: number;
}

export const whole: Limits = { rows: Number.POSITIVE_INFINITY, text: Number.POSITIVE_INFINITY };
export const few: Limits = { rows: 10, text: 200 };

/** What a cut table says of the rest; nothing when all is shown. */
export function more(total: number, shown: number, what: string): string[] {
  return total > shown ? ['', `_and ${total - shown} more ${what}; the JSON document has them all._`] : [];
}
