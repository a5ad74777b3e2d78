import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { html } from '../../../src/report/html/html.ts';
import { overallVerdict, overviewPage } from '../../../src/report/html/overview-page.ts';
import { assetHashes, iconSvg } from '../../../src/report/html/page.ts';
import { tones } from '../../../src/report/html/tone.ts';
import { topologyPage } from '../../../src/report/html/topology-page.ts';
import { expectGolden } from './golden.ts';
import { now, snapshot, snapshots } from './snapshots.ts';

const overview = (name: string): string => overviewPage(snapshots[name]!, now);
const detail = (name: string, topology: string): string => topologyPage(snapshots[name]!, topology, now)!;
/** Without the style and the script, which are the same on every page. */
const bare = (page: string): string => page.replaceAll(/(<(style|script)[^>]*>)[^]*?(<\/\2>)/g, '$1$3');
const everyPage = Object.entries(snapshots).flatMap(([name, of]) => [
  [name, overview(name)] as const,
  ...of.topologies.map((topology) => [`${name} ${topology.name}`, detail(name, topology.name)] as const),
]);

describe('the template', () => {
  test('escapes whatever it is given, and loses nothing of it', () => {
    const decoded = (text: string): string =>
      text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = html`${text}`.toString();
        expect(escaped).not.toMatch(/[<>"']/);
        expect(decoded(escaped)).toBe(text);
      }),
    );
  });

  test('takes HTML as it is, lists in order, and nothing for what is not there', () => {
    expect(html`<p class="${'a"b'}">${[html`<b>${1}</b>`, null, undefined, false, ' & ']}</p>`.toString()).toBe(
      '<p class="a&quot;b"><b>1</b> &amp; </p>',
    );
  });
});

describe('the pages', () => {
  test.each(['several', 'starting', 'empty', 'standby'])('the overview of %s', (name) => {
    expectGolden(`page-${name}.html`, bare(overview(name)));
  });

  test.each([
    ['copying', 'orders'],
    ['drift', 'mail'],
    ['blocked', 'billing'],
    ['blocked', 'stock'],
    ['blocked', 'catalog'],
    ['outage', 'orders'],
  ])('in %s, the page of %s', (name, topology) => {
    expectGolden(`page-${name}-${topology}.html`, bare(detail(name, topology)));
  });

  test.each(everyPage)('%s is balanced, and holds no attribute that a policy would refuse', (_, page) => {
    expect(unbalanced(bare(page))).toEqual([]);
    expect(bare(page)).not.toMatch(/<[^>]*\s(?:style|on[a-z]+)=/);
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual([...new Set(ids)]);
    expect(page).not.toMatch(/(?:src|href)="(?!\/|#)/);
  });

  test('what anybody may write stays text', () => {
    for (const page of [overview('injected'), detail('injected', 'orders')]) {
      expect(bare(page)).not.toMatch(/<script>|<img/);
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    }
  });

  test('there is none of a topology that is not known', () => {
    expect(topologyPage(snapshots['ready']!, 'nothing', now)).toBeUndefined();
  });

  test('beside a controller an approval is not a run of its own', () => {
    expect(detail('blocked', 'billing')).toContain(
      '<pre class="way" tabindex="0">goatherd approve 52fe-9103 topologies/billing.yaml</pre>',
    );
    expect(detail('blocked', 'stock')).toContain('removed: [{link: b -&gt; c, plan: 52fe-9103, reclaim: teardown}]');
    expect(detail('blocked', 'stock')).not.toContain('goatherd reconcile');
  });

  test('a loop that does not end is said first', () => {
    expect(overviewPage(snapshots['ready']!, now + 400_000)).toContain('No loop has ended since');
    expect(overview('ready')).not.toContain('No loop has ended since');
  });
});

test.each([
  ['ready', '1 topology ready', 'good'],
  ['copying', '1 of 2 topologies not ready', 'busy'],
  ['drift', '1 of 2 topologies not ready', 'bad'],
  ['outage', '1 of 1 topology not ready', 'bad'],
  ['starting', '1 of 1 topology not ready', 'busy'],
  ['empty', 'no topology', 'off'],
])('of %s the page says first: %s', (name, sentence, tone) => {
  expect(overallVerdict(snapshots[name]!)).toEqual({ sentence, tone });
});

test('a file with an error is seen though every topology is ready', () => {
  const { topologies } = snapshots['ready']!;
  expect(overallVerdict(snapshot(topologies, { problems: snapshots['several']!.problems })).tone).toBe('warn');
});

test('every tone has its icon, and the policy its hashes', () => {
  expect(new Set(tones.map(iconSvg)).size).toBe(tones.length);
  expect(Object.values(assetHashes).every((hash) => /^sha256-[\w+/]{43}=$/.test(hash))).toBe(true);
});

const empty = new Set(['meta', 'link', 'br', 'rect', 'path']);

/** Tags that are opened and not closed, or the other way round. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', rest = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) return [`</${name}>`, ...open];
    } else if (!empty.has(name) && !rest.endsWith('/')) open.push(name);
  }
  return open;
}
