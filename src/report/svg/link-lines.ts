import { formatBytesOf, formatCount, formatDuration } from '../../lib/format.ts';
import type { LinkStatus } from '../../plan/status/status-model.ts';
import { amountTexts } from '../run/progress-text.ts';
import type { Progress } from '../run/run-model.ts';

/** What stands under a link's state in the drawing: how far its copy is, or how far behind it is. At most three short lines. */
export function linkLines(link: LinkStatus, progress: Progress | null): string[] {
  if (link.state === 'copying') return copyLines(link, progress);
  if (link.state === 'waiting') return link.copy.waitsFor === null ? [] : [`for ${link.copy.waitsFor}`];
  const lag = link.lagSeconds === null ? [] : [`lag ${formatDuration(link.lagSeconds)}`];
  const backlog = link.backlogRows === null || link.backlogRows === 0 ? [] : [`${formatCount(link.backlogRows)} waiting`];
  return [...lag, ...backlog];
}

function copyLines({ copy }: LinkStatus, progress: Progress | null): string[] {
  if (progress === null) return copy.now === null ? [`${formatCount(copy.tables)} tables`] : [copy.now];
  const { bytes, totalBytes, etaSeconds } = progress;
  const [amount = ''] = amountTexts(progress);
  return [
    amount,
    bytes !== undefined && totalBytes !== undefined ? formatBytesOf(bytes, totalBytes) : '',
    etaSeconds === undefined ? '' : `${formatDuration(etaSeconds)} to go`,
  ].filter((line) => line !== '');
}
