import { createHash } from 'node:crypto';
import { formatTimestamp } from '../../lib/format.ts';
import type { ControllerSnapshot } from '../status/snapshot-model.ts';
import { Html, html } from './html.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import type { Tone } from './tone.ts';

/** For Content-Security-Policy: these two texts, and no other, may style and script the page. */
export const assetHashes = { style: hashOf(pageStyle), script: hashOf(pageScript) };

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A whole document around what is said; every page of the controller is one. */
export function pageHtml(page: {
  readonly title: string;
  readonly tone: Tone;
  readonly main: Html;
  readonly snapshot: Pick<ControllerSnapshot, 'host' | 'tool' | 'now'>;
}): string {
  const { host, tool, now } = page.snapshot;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title}</title>
<link rel="icon" type="image/svg+xml" href="/icons/${page.tone}.svg">
<noscript><meta http-equiv="refresh" content="30"></noscript>
<style>${Html.written(pageStyle)}</style>
<script type="module">${Html.written(pageScript)}</script>
</head>
<body>
<a class="skip" href="#page">Skip to the content</a>
<header><a class="brand" href="/">goatherd</a> <span class="muted">${host}</span> <span id="pulse" class="muted">as of ${formatTimestamp(now)}</span></header>
<main id="page" tabindex="-1">
${page.main}</main>
<p id="say" class="unseen" role="status"></p>
<footer class="muted">${tool} · this page changes nothing · <a href="/api/status">JSON</a> · <a href="/metrics">metrics</a></footer>
</body>
</html>
`;
  return document.toString();
}

/** A dot in the state's colour, for the browser's tab. */
export function iconSvg(tone: Tone): string {
  const fills: Readonly<Record<Tone, string>> = { good: '#2da44e', busy: '#1f7ae0', warn: '#d99a1c', bad: '#d1362c', off: '#8a9199' };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${fills[tone]}"/></svg>\n`;
}
