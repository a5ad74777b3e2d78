import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/postgres/secret.ts';
import { refusalOf } from '../../../src/server/guard.ts';
import { limits } from '../../../src/server/limits.ts';
import { showsToken } from '../../../src/server/token.ts';

const ask = (rest: { method?: string; url?: string; headers?: readonly string[]; host?: string } = {}) =>
  refusalOf(
    { method: rest.method ?? 'GET', url: rest.url ?? '/', rawHeaders: ['Host', rest.host ?? 'localhost:9187', ...(rest.headers ?? [])] },
    ['hub-1.internal'],
    limits,
  )?.status ?? null;

test.each(['GET', 'HEAD'])('%s is answered', (method) => {
  expect(ask({ method })).toBeNull();
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'get', ''])('%s is refused', (method) => {
  expect(ask({ method })).toBe(405);
});

describe('the Host header', () => {
  test.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST.',
    'goatherd.localhost',
    '127.0.0.1:9187',
    '10.0.0.7',
    '[::1]:9187',
    'hub-1.internal',
    'HUB-1.internal:9187',
  ])('%s is one of ours', (host) => {
    expect(ask({ host })).toBeNull();
  });

  test.each(['evil.example', 'evil.example:9187', 'localhost.evil.example', '127.0.0.1.evil.example', 'hub-1.internal.evil.example'])(
    '%s would be somebody else (DNS rebinding)',
    (host) => {
      expect(ask({ host })).toBe(421);
    },
  );

  test.each(['', 'a b', 'evil.example/localhost', 'user@localhost', '[::1', '[nothing]', 'localhost:999999', 'a,b'])(
    '%j is none',
    (host) => {
      expect(ask({ host })).toBe(400);
    },
  );

  test('twice is once too often', () => {
    expect(ask({ headers: ['host', 'localhost'] })).toBe(400);
  });
});

test.each([
  ['a body', 413, { headers: ['Content-Length', '1'] }],
  ['a body in chunks', 413, { headers: ['Transfer-Encoding', 'chunked'] }],
  ['an expectation', 417, { headers: ['Expect', '100-continue'] }],
  ['a long address', 414, { url: `/${'a'.repeat(limits.urlCharacters)}` }],
  ['an address of another server', 400, { url: 'http://evil.example/' }],
  ['an address without a path', 400, { url: '*' }],
  ['an address that a browser would take for another host', 400, { url: '//evil.example/' }],
  ['many headers', 431, { headers: Array.from({ length: limits.headers * 2 }, (_, index) => `x-${index}`) }],
])('%s is refused', (_, status, request) => {
  expect(ask(request)).toBe(status);
});

test('an empty body is none', () => {
  expect(ask({ headers: ['Content-Length', '0'] })).toBeNull();
});

describe('the token', () => {
  const token = new Secret('s3cret-of-the-page');
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  test.each([`Bearer s3cret-of-the-page`, `bearer  s3cret-of-the-page`, basic('eve:s3cret-of-the-page'), basic(':s3cret-of-the-page')])(
    '%s shows it',
    (authorization) => {
      expect(showsToken(['Authorization', authorization], token)).toBe(true);
    },
  );

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer s3cret',
    's3cret-of-the-page',
    basic('s3cret-of-the-page'),
    basic('eve:'),
    'Basic !!!',
    'Digest x',
  ])('%s does not', (authorization) => {
    expect(showsToken(['Authorization', authorization], token)).toBe(false);
  });

  test('no header does not', () => {
    expect(showsToken([], token)).toBe(false);
  });
});
