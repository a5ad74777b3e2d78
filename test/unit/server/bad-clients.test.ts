import { describe, expect, test } from 'vitest';
import { snapshot, ready } from '../report/snapshots.ts';
import { serve, wire, type Served } from './serve.ts';

const head = 'Host: localhost\r\n';
const request = (path = '/livez'): string => `GET ${path} HTTP/1.1\r\n${head}\r\n`;
const hasty = { headersTimeout: 150, requestTimeout: 300, checkInterval: 20, answerTimeout: 200, keepAliveTimeout: 100, heartbeat: 40 };

/** A client that behaves is still answered. */
async function wellServed({ url }: Served): Promise<void> {
  expect((await fetch(`${url}/livez`)).status).toBe(200);
}

describe('what is no request', () => {
  test.each([
    ['noise', '\u0000\u0001\u0002\r\n\r\n', 400],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 400],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two lengths', `GET / HTTP/1.1\r\n${head}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`, 400],
    ['a length and chunks (smuggling)', `GET / HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ['a folded header', `GET / HTTP/1.1\r\n${head}X: a\r\n b: c\r\n\u0000: d\r\n\r\n`, 400],
    ['a bare line feed in a header', `GET / HTTP/1.1\r\nHost: localhost\nX: y\r\r\n\r\n`, 400],
    ['one huge header', `GET / HTTP/1.1\r\n${head}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['huge first line', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`, 431],
    ['many headers', `GET / HTTP/1.1\r\n${head}${'x:y\r\n'.repeat(200)}\r\n`, 431],
    ['a body', `GET / HTTP/1.1\r\n${head}Content-Length: 1000000\r\n\r\n${'x'.repeat(5000)}`, 413],
    ['a body that is announced', `GET / HTTP/1.1\r\n${head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`, 413],
    ['another expectation', `GET / HTTP/1.1\r\n${head}Expect: a-miracle\r\n\r\n`, 417],
    ['somebody else', 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
    ['a proxy request', `GET http://localhost/ HTTP/1.1\r\n${head}\r\n`, 400],
    ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', 400],
  ])('%s is refused, and the connection ended', async (_, sent, status) => {
    const served = await serve();
    const answer = await wire(served, sent).ended;
    expect(answer.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await wellServed(served);
  });

  test.each([
    ['a tunnel', `CONNECT evil.example:25 HTTP/1.1\r\n${head}\r\n`],
    ['an upgrade', `GET / HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
  ])('%s is not made', async (_, sent) => {
    const served = await serve();
    expect(await wire(served, sent).ended).not.toMatch(/HTTP\/1.1 (?:101|200)/);
    await wellServed(served);
  });
});

describe('slow clients lose their connection', () => {
  test('one that never ends its headers', async () => {
    const served = await serve({ limits: hasty });
    const slow = wire(served, `GET / HTTP/1.1\r\n${head}`);
    const drip = setInterval(() => slow.socket.write('x: y\r\n'), 30);
    expect(await slow.ended).toMatch(/^HTTP\/1.1 408 /);
    clearInterval(drip);
    await wellServed(served);
  });

  test('one that says nothing at all', async () => {
    const served = await serve({ limits: hasty });
    await wire(served).ended;
    await wellServed(served);
  });

  test('one that asks and does not read', async () => {
    // More than the kernel holds for a connection that nobody reads.
    const many = Array.from({ length: 400 }, (_, index) => ({ ...ready, name: `t${index}` }));
    const served = await serve({ limits: hasty }, snapshot(many));
    const deaf = wire(served);
    deaf.socket.pause();
    for (let count = 0; count < 20; count += 1) deaf.socket.write(request('/'));
    const closed = new Promise((resolve) => {
      deaf.socket.once('close', resolve);
    });
    // The end is seen by writing: nothing is read.
    const drip = setInterval(() => deaf.socket.write(request()), 20);
    await closed;
    clearInterval(drip);
    await wellServed(served);
  });

  test('one that is done', async () => {
    const served = await serve({ limits: hasty });
    expect(await wire(served, request()).ended).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('many', () => {
  test('connections: so many and no more, and room again when they leave', async () => {
    const served = await serve({ limits: { connections: 20 } });
    const idle = Array.from({ length: 100 }, () => wire(served));
    const refused = () => idle.filter(({ socket }) => socket.closed).length;
    await expect.poll(refused).toBe(80);
    await expect(fetch(`${served.url}/livez`)).rejects.toThrow('fetch failed');
    for (const { socket } of idle) socket.destroy();
    await expect.poll(async () => (await fetch(`${served.url}/livez`).catch(() => null))?.status).toBe(200);
  });

  test('requests at once on one connection are answered in order, up to a bound', async () => {
    const served = await serve({ limits: { requestsOfConnection: 50, keepAliveTimeout: 50 } });
    const text = await wire(served, request().repeat(200)).ended;
    expect(text.match(/HTTP\/1.1 200 OK/g)?.length).toBeLessThanOrEqual(50);
    expect(text.match(/HTTP\/1.1 200 OK/g)?.length).toBeGreaterThan(40);
    await wellServed(served);
  });

  test('a good request and a bad one behind it', async () => {
    const served = await serve();
    const text = await wire(served, `${request()}POST / HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nGET / HTTP/1.1\r\n\r\n`).ended;
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 405']);
    await wellServed(served);
  });
});
