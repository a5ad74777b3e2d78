import { get } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/postgres/secret.ts';
import { startServer } from '../../../src/server/start-server.ts';
import { copying, counters, now, snapshot, snapshots } from '../report/snapshots.ts';
import { serve } from './serve.ts';

describe('the paths', () => {
  test.each([
    ['/', 200, 'text/html; charset=utf-8', '1 topology ready'],
    ['/?from=a-link', 200, 'text/html; charset=utf-8', '1 topology ready'],
    ['/topologies/orders', 200, 'text/html; charset=utf-8', 'Conditions'],
    ['/topologies/nothing', 404, 'text/html; charset=utf-8', 'No such topology'],
    ['/topologies/..%2f..%2fetc', 404, 'text/html; charset=utf-8', 'There is nothing here'],
    ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'process_resident_memory_bytes'],
    ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'goatherd_replication_lag_seconds{topology="orders",link="a-b"} 0.4'],
    ['/api/status', 200, 'application/json; charset=utf-8', '"role": "acting"'],
    ['/icons/bad.svg', 200, 'image/svg+xml', '<circle'],
    ['/icons/none.svg', 404, 'text/html; charset=utf-8', ''],
    ['/livez', 200, 'text/plain; charset=utf-8', 'alive'],
    ['/readyz', 200, 'text/plain; charset=utf-8', 'ready'],
    ['/favicon.ico', 404, 'text/html; charset=utf-8', ''],
  ])('%s gives %i', async (path, status, type, text) => {
    const { url } = await serve();
    const answer = await fetch(url + path);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type]);
    expect(await answer.text()).toContain(text);
  });

  test('HEAD says as much and sends nothing', async () => {
    const { url } = await serve();
    const whole = await (await fetch(url)).text();
    const answer = await fetch(url, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([200, String(Buffer.byteLength(whole)), '']);
  });

  test.each(['/', '/metrics', '/livez', '/nothing', '/icons/bad.svg'])('%s is safe to show', async (path) => {
    const { url } = await serve();
    const { headers } = await fetch(url + path);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "script-src 'sha256-"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(
      Object.fromEntries(['x-content-type-options', 'cache-control', 'referrer-policy'].map((name) => [name, headers.get(name)])),
    ).toEqual({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });

  test('nothing can be posted', async () => {
    const { url } = await serve();
    const answer = await fetch(url, { method: 'POST', body: 'x' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('a page that cannot be made says nothing of the inside', async () => {
    const { url } = await serve({
      snapshot: () => {
        throw new Error('password of the hub');
      },
    });
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([500, 'this page could not be made\n']);
  });
});

describe('health', () => {
  const status = async (url: string, path: string): Promise<number> => (await fetch(url + path)).status;

  test('ready only once everything was looked at, and no longer when it stops', async () => {
    const { url, show } = await serve({}, snapshots['starting']);
    expect([await status(url, '/livez'), await status(url, '/readyz')]).toEqual([200, 503]);
    show(snapshots['ready']!);
    expect([await status(url, '/livez'), await status(url, '/readyz')]).toEqual([200, 200]);
    show(snapshots['standby']!);
    expect(await status(url, '/readyz')).toBe(200);
    show(snapshot([], { role: 'stopping' }));
    expect([await status(url, '/livez'), await status(url, '/readyz')]).toEqual([200, 503]);
  });

  test('not alive when no loop ends', async () => {
    const { url } = await serve({ clock: () => now + 601_000 });
    expect(await status(url, '/livez')).toBe(503);
  });
});

describe('the token', () => {
  const token = new Secret('s3cret-of-the-page');

  test('is wanted for all but health, and events too', async () => {
    const { url } = await serve({ token });
    const statuses = await Promise.all(
      ['/', '/topologies/orders', '/metrics', '/api/status', '/events', '/nothing', '/livez', '/readyz'].map(
        async (path) => (await fetch(url + path)).status,
      ),
    );
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 200, 200]);
  });

  test('opens, as a bearer and as a password; a browser is told to ask', async () => {
    const { url } = await serve({ token });
    const headers = (authorization: string) => ({ headers: { authorization } });
    expect((await fetch(`${url}/metrics`, headers('Bearer s3cret-of-the-page'))).status).toBe(200);
    expect((await fetch(url, headers(`Basic ${Buffer.from('x:s3cret-of-the-page').toString('base64')}`))).status).toBe(200);
    expect((await fetch(url, headers('Bearer wrong'))).headers.get('www-authenticate')).toContain('Basic realm');
  });
});

describe('another name', () => {
  const statusAs = async (url: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(url, { headers: { host } }, (answer) => resolve(answer.resume().statusCode)).once('error', reject);
    });

  test('is refused unless it is one of ours', async () => {
    const { url } = await serve({ listen: { host: '127.0.0.1', port: 0, hosts: ['goatherd.example'] } });
    expect(await statusAs(url, 'evil.example')).toBe(421);
    expect(await statusAs(url, 'goatherd.example')).toBe(200);
  });
});

describe('events', () => {
  test('say hello, and that something changed, once for changes that come together', async () => {
    const { url, show } = await serve({ limits: { eventPause: 20, heartbeat: 30 } });
    const reader = (await fetch(`${url}/events`)).body?.pipeThrough(new TextDecoderStream()).getReader();
    let received = '';
    const until = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(received)) received += (await reader?.read())?.value ?? '';
    };
    await until(/event: hello\ndata: [0-9a-f]{12}\n\n/);
    for (let count = 0; count < 10; count += 1) show(snapshot([copying]));
    await until(/event: change\ndata: \n\n/);
    await until(/:\n\n/);
    expect(received.match(/event: change/g)).toHaveLength(1);
    await reader?.cancel();
  });

  test('a change is on the page at once, however fresh the last one was', async () => {
    const { url, show } = await serve();
    const title = async (): Promise<string> => /<title>(.*)<\/title>/.exec(await (await fetch(url)).text())?.[1] ?? '';
    expect(await title()).toBe('1 topology ready · goatherd');
    show(snapshots['outage']!);
    expect(await title()).toBe('1 of 1 topology not ready · goatherd');
  });

  test('are for so many and no more; who leaves makes room', async () => {
    const { url } = await serve({ limits: { eventStreams: 2 } });
    const ends = new AbortController();
    const first = await fetch(`${url}/events`, { signal: ends.signal });
    const second = await fetch(`${url}/events`);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect((await fetch(`${url}/events`)).status).toBe(503);
    ends.abort();
    await expect.poll(async () => (await fetch(`${url}/events`)).status).toBe(200);
    await second.body?.cancel();
  });
});

test('a page is made once for all who ask at the same time', async () => {
  let made = 0;
  const { url } = await serve({
    snapshot: () => {
      made += 1;
      return snapshots['ready']!;
    },
  });
  await Promise.all(Array.from({ length: 40 }, async () => (await fetch(url)).text()));
  expect(made).toBe(1);
});

test('an address that is taken is said, with what to do', async () => {
  const { server } = await serve();
  await expect(
    startServer({
      snapshot: () => snapshots['ready']!,
      counters: () => counters,
      onChange: () => () => undefined,
      listen: { ...server.address, hosts: [] },
      token: null,
    }),
  ).rejects.toMatchObject({ code: 'ListenFailed', hint: expect.stringContaining('goatherd.yaml') as string });
});

test('closing ends every connection', async () => {
  const { server, url } = await serve();
  const events = await fetch(`${url}/events`);
  await server.close();
  await expect(events.text()).rejects.toThrow('terminated');
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
