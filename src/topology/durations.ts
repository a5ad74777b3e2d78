const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest duration that PostgreSQL's time-outs and Node's timers take: 2^31 - 1 milliseconds, almost 25 days. */
export const LONGEST_MS = 2_147_483_647;

/** Milliseconds of `500ms`, `1s`, `30 m`, `2h`, `1d`; undefined for anything else, so also for fractions and for a number without a unit. */
export function parseDuration(text: string): number | undefined {
  const groups = /^(?<count>[0-9]{1,9}) ?(?<unit>ms|s|m|h|d)$/.exec(text)?.groups;
  const factor = UNITS[groups?.['unit'] ?? ''];
  return groups === undefined || factor === undefined ? undefined : Number(groups['count']) * factor;
}
