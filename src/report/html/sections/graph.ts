import { drawingSvg } from '../../svg/drawing.ts';
import type { TopologySnapshot } from '../../status/snapshot-model.ts';
import { type Html, html } from '../html.ts';

/** The drawing twice, of which the style sheet shows the one that fits the screen. */
export function graphHtml(topology: TopologySnapshot): Html | null {
  const wide = drawingSvg(topology, 'LR');
  if (wide === null) return null;
  return html`<div class="graph" tabindex="0" role="group" aria-label="Drawing of ${topology.name}">${wide}${drawingSvg(topology, 'TB')}</div>\n`;
}
