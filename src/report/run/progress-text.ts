/**
 * Progress in words, for the lines of a log and for the live view.
 */
import { formatBytes, formatBytesOf, formatCount, formatDuration } from '../../lib/format.ts';
import type { Progress } from './run-model.ts';

/** `31/42 tables`, `71/118 GB`, `8,120,551 rows`, `48 MB/s`, `16 min to go`. */
export function amountTexts(progress: Progress): string[] {
  const { done, total, unit, bytes, totalBytes, rows, totalRows, rate, etaSeconds } = progress;
  const parts = [total === null ? `${formatCount(done)} ${unit}` : `${formatCount(done)}/${formatCount(total)} ${unit}`];
  if (bytes !== undefined) parts.push(totalBytes === undefined ? formatBytes(bytes) : formatBytesOf(bytes, totalBytes));
  if (rows !== undefined)
    parts.push(totalRows === undefined ? `${formatCount(rows)} rows` : `${formatCount(rows)}/${formatCount(totalRows)} rows`);
  if (rate !== undefined) parts.push(rateText(progress, rate));
  if (etaSeconds !== undefined) parts.push(`${formatDuration(etaSeconds)} to go`);
  return parts;
}

function rateText(progress: Progress, rate: number): string {
  if (progress.bytes !== undefined) return `${formatBytes(rate)}/s`;
  const rounded = formatCount(rate >= 9.95 ? Math.round(rate) : Math.round(rate * 10) / 10);
  return `${rounded} ${progress.rows === undefined ? progress.unit : 'rows'}/s`;
}

/** `now: public.events`, `waits for a lock on …`, `2 put off (public.events: pid 991 …)`. */
export function reasonTexts(progress: Progress): string[] {
  const { now, waitingFor, skipped = [] } = progress;
  return [
    now === undefined ? '' : `now: ${now}`,
    waitingFor === undefined ? '' : `waits for ${waitingFor.replace(/^wait(?:s|ing)? for /i, '')}`,
    skipped.length === 0 ? '' : `${formatCount(skipped.length)} put off (${skippedText(skipped)})`,
  ].filter((part) => part !== '');
}

function skippedText(skipped: NonNullable<Progress['skipped']>): string {
  const most = 3;
  const shown = skipped.slice(0, most).map(({ object, reason }) => `${object}: ${reason}`);
  return skipped.length > most ? `${shown.join('; ')}; and ${formatCount(skipped.length - most)} more` : shown.join('; ');
}

/** `[======    ]`; empty when the total is not known. Bytes measure better than tables, which are not alike. */
export function barText(progress: Progress, size = 10): string {
  const [done, total] =
    progress.bytes !== undefined && progress.totalBytes !== undefined
      ? [progress.bytes, progress.totalBytes]
      : [progress.done, progress.total];
  if (total === null || !(total > 0)) return '';
  // Full only when it is: 999 of 1,000 is not done.
  const filled = Math.max(0, Math.min(size, Math.floor((done / total) * size)));
  return `[${'='.repeat(filled)}${' '.repeat(size - filled)}]`;
}
