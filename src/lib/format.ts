/**
 * Numbers, durations and times as people read them. English, the same on every machine: no locale is asked.
 */

/** 18204 -> `18,204`. */
export function formatCount(count: number): string {
  const [whole = '0', fraction] = String(Math.abs(count)).split('.');
  const grouped = /^\d+$/.test(whole) ? whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',') : whole;
  return `${count < 0 ? '-' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** `1 link`, `2 links`; `many` where the plural is irregular. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** The first few of a list that may be long, and how many more there are. */
export function fewOf(words: readonly string[], few = 3): string {
  return words.length <= few ? words.join(', ') : `${words.slice(0, few).join(', ')} and ${formatCount(words.length - few)} more`;
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** Seconds as their two largest units: `0.4 s`, `3 s`, `12 min 4 s`, `1 h 25 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 9.95) return `${String(Math.round(seconds * 10) / 10)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return twoUnits(whole, 60, 'min', 1, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return twoUnits(minutes, 60, 'h', 1, 'min');
  return twoUnits(Math.round(seconds / 3600), 24, 'd', 1, 'h');
}

function twoUnits(count: number, size: number, large: string, step: number, small: string): string {
  const rest = Math.floor((count % size) / step);
  const head = `${formatCount(Math.floor(count / size))} ${large}`;
  return rest === 0 ? head : `${head} ${rest} ${small}`;
}

/** An estimate: below a minute `3 s`, above it rounded and marked as such: `~1 min`, `~1 h 25 min`. */
export function formatEstimate(seconds: number): string {
  if (Math.round(seconds) < 60) return formatDuration(Math.max(0, Math.round(seconds)));
  return `~${formatDuration(Math.round(seconds / 60) * 60)}`;
}

/** Milliseconds as they are configured: `500 ms`, `1.5 s`, `30 min`. */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : formatDuration(milliseconds / 1000);
}

const sizeUnits = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in units of 1024 with three digits at most: `0 bytes`, `9.8 MB`, `118 GB`. */
export function formatBytes(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${sizeUnits[unit] ?? 'bytes'}`;
}

/** `71/118 GB`: both in the unit of the total. */
export function formatBytesOf(done: number, total: number): string {
  const unit = unitOf(total);
  return `${inUnit(done, unit)}/${inUnit(total, unit)} ${sizeUnits[unit] ?? 'bytes'}`;
}

function unitOf(bytes: number): number {
  let unit = 0;
  // 1,000 of a unit is said in the next one, so that no number has four digits.
  for (let size = Math.abs(bytes); size >= 999.5 && unit < sizeUnits.length - 1; size /= 1024) unit += 1;
  return unit;
}

function inUnit(bytes: number, unit: number): string {
  const value = bytes / 1024 ** unit;
  if (unit === 0 || Math.abs(value) >= 9.95 || value === 0) return formatCount(Math.round(value));
  return String(Math.round(value * 10) / 10);
}

/** `06:14:02`, UTC. */
export function formatTime(epochMs: number): string {
  return isTime(epochMs) ? new Date(epochMs).toISOString().slice(11, 19) : '??:??:??';
}

/** `2026-11-23 06:14:02Z`. */
export function formatTimestamp(epochMs: number): string {
  return isTime(epochMs) ? `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')}Z` : '?';
}

/** Whether the number is one that a Date can hold. */
export function isTime(epochMs: number): boolean {
  return Math.abs(epochMs) <= 8.64e15;
}

/** Consecutive numbers as ranges: [1,2,3,7] -> `1-3, 7`. */
export function formatRanges(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers.toSorted((left, right) => left - right)) {
    const range = ranges.at(-1);
    if (range !== undefined && number <= range[1] + 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
}
