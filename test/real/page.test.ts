import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/postgres/secret.ts';
import { snapshots } from '../unit/report/snapshots.ts';
import { serve } from '../unit/server/serve.ts';
import { chromiumMissing, launchChromium } from './support/chromium.ts';

/** `script/test` takes a sample of the sights; `--all` every one. */
const whole = process.env['GOATHERD_TEST_ALL'] === '1';

let browser: Browser | null = null;

beforeAll(async () => {
  browser = await launchChromium();
  if (browser === null && whole) throw new Error(`--all leaves nothing out, and there is ${chromiumMissing}`);
});
afterAll(async () => browser?.close());

const phone = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true };
const desk = { viewport: { width: 1280, height: 900 } };

interface Opened {
  readonly page: Page;
  /** What the console said that is worse than a remark, and requests to anywhere else. */
  readonly complaints: readonly string[];
}

async function open(url: string, options: BrowserContextOptions, skip: (note: string) => never): Promise<Opened> {
  if (browser === null) return skip(chromiumMissing);
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

async function live(page: Page): Promise<void> {
  await page.locator('#pulse.live').waitFor();
}

/** What axe finds; the script is put in by the debugger, past the page's own policy. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run()');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env['GOATHERD_SCREENSHOTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

const sights = [
  ['several', '/', '3 of 5 topologies not ready'],
  ['copying', '/topologies/orders', 'copying'],
  ['blocked', '/topologies/billing', 'goatherd approve 52fe-9103'],
  ['drift', '/topologies/mail', 'DaemonNotUp'],
  ['outage', '/topologies/orders', 'ECONNREFUSED'],
  ['blocked', '/topologies/catalog', 'add a primary key'],
  ['ready', '/', '1 topology ready'],
  ['starting', '/', 'nothing observed yet'],
  ['injected', '/topologies/orders', '<script>alert(1)</script>'],
] as const;
const shapes = [
  ['desk, light', { ...desk, colorScheme: 'light' }],
  ['phone, dark', { ...phone, colorScheme: 'dark' }],
  ['desk, dark', { ...desk, colorScheme: 'dark' }],
  ['phone, light', { ...phone, colorScheme: 'light' }],
] as const;

describe.each(whole ? sights : sights.slice(0, 3))('%s at %s', (name, path, text) => {
  test.for(whole ? shapes : shapes.slice(0, 2))('%s: is read by everybody, asks nobody else, fits', async ([shape, options], { skip }) => {
    const { url } = await serve({}, snapshots[name]);
    const { page, complaints } = await open(url + path, options, skip);
    await live(page);
    expect(await page.locator('main').innerText()).toContain(text);
    await keep(page, `${name}${path.replaceAll('/', '-')}-${shape.replace(', ', '-')}`);
    expect(await barriers(page)).toEqual([]);
    // What is too wide scrolls in a frame of its own, never the page.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  });
});

describe('live', () => {
  test('a change is seen without a reload; what was opened and focused stays', async ({ skip }) => {
    const { url, show } = await serve({ limits: { eventPause: 20 } }, snapshots['ready']);
    const { page, complaints } = await open(`${url}/topologies/orders`, desk, skip);
    await live(page);
    await page.evaluate('window.same = true');
    await page.locator('#well > summary').click();
    await page.locator('.crumb a').focus();
    show(snapshots['outage']!);
    await page.getByText('no answer').first().waitFor({ state: 'attached' });
    expect(await page.title()).toBe('orders not ready · goatherd');
    expect(await page.evaluate('window.same')).toBe(true);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('All topologies');
    expect(await page.locator('#say').innerText()).toBe('orders not ready · goatherd');
    expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('/icons/bad.svg');
    show(snapshots['ready']!);
    await page.locator('#well[open]').waitFor();
    expect(complaints).toEqual([]);
  });

  test('nothing moves under a selection', async ({ skip }) => {
    const { url, show } = await serve({ limits: { eventPause: 20 } }, snapshots['blocked']);
    const { page } = await open(`${url}/topologies/billing`, desk, skip);
    await live(page);
    await page.locator('pre.way').selectText();
    const debug = await page.context().newCDPSession(page);
    await debug.send('Network.enable');
    const event = new Promise((resolve) => {
      debug.once('Network.eventSourceMessageReceived', resolve);
    });
    show({ ...snapshots['blocked']!, topologies: [] });
    await event;
    expect(await page.evaluate('String(getSelection()).trim()')).toBe('goatherd approve 52fe-9103 topologies/billing.yaml');
    await page.evaluate('getSelection().removeAllRanges()');
    await page.locator('h1', { hasText: 'No such topology' }).waitFor();
  });

  test('a controller that is gone is said', async ({ skip }) => {
    const { url, server } = await serve();
    const { page } = await open(url, desk, skip);
    await live(page);
    await server.close();
    await page.locator('#pulse.lost').waitFor();
    expect(await page.locator('h1').innerText()).toContain('1 topology ready');
  });

  test('with a token, given as a password', async ({ skip }) => {
    const { url, show } = await serve({ token: new Secret('s3cret-of-the-page'), limits: { eventPause: 20 } });
    const { page } = await open(url, { ...desk, httpCredentials: { username: 'x', password: 's3cret-of-the-page' } }, skip);
    await live(page);
    show(snapshots['outage']!);
    await page.locator('h1', { hasText: '1 of 1 topology not ready' }).waitFor();
  });
});

test('without script the same is said, and looked up again by itself', async ({ skip }) => {
  const { url } = await serve({}, snapshots['copying']);
  const { page } = await open(`${url}/topologies/orders`, { ...desk, javaScriptEnabled: false }, skip);
  expect(await page.locator('main').innerText()).toContain('27/42 tables');
  expect(await page.locator('.graph svg.wide').isVisible()).toBe(true);
  expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('30');
});
