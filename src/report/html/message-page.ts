import type { ControllerSnapshot } from '../status/snapshot-model.ts';
import { html } from './html.ts';
import { pageHtml } from './page.ts';

/** A page that says one thing and where to go on. */
export function messagePage(title: string, message: string, snapshot: Pick<ControllerSnapshot, 'host' | 'tool' | 'now'>): string {
  const main = html`<h1>${title}</h1>
<p>${message}</p>
<p><a href="/">All topologies</a></p>\n`;
  return pageHtml({ title: `${title} · goatherd`, tone: 'off', main, snapshot });
}
