/** Times on the page: how long ago for the eye, the moment in UTC for the pointer and for machines. */
import { formatDuration, formatTimestamp, isTime } from '../../lib/format.ts';
import { type Html, html } from './html.ts';

/** `12 min ago`, `in 18 s`. Whole seconds: tenths would only flicker. */
export function agoTime(at: number, now: number): Html {
  const seconds = Math.round((now - at) / 1000);
  const text = seconds === 0 ? 'now' : seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
  return timeElement(at, text);
}

/** `12 min`: for how long already. */
export function forTime(since: number, now: number): Html {
  return timeElement(since, formatDuration(Math.max(0, Math.round((now - since) / 1000))));
}

/** `2026-11-23 06:14:02Z`. */
export function exactTime(at: number): Html {
  return timeElement(at, formatTimestamp(at));
}

function timeElement(at: number, text: string): Html {
  if (!isTime(at)) return html`<time>?</time>`;
  return html`<time datetime="${new Date(at).toISOString()}" title="${formatTimestamp(at)}">${text}</time>`;
}
