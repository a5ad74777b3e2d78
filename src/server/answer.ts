import type { ServerResponse } from 'node:http';
import { assetHashes } from '../report/html/page.ts';

/** What a path is answered with. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const types = {
  html: 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  metrics: 'text/plain; version=0.0.4; charset=utf-8',
} as const;

/** On every answer: nothing is kept, framed, guessed or fetched from elsewhere; only the page's own style and script run. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src '${assetHashes.style}'`,
    `script-src '${assetHashes.script}'`,
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** One line of text, such as why not. */
export function textAnswer(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: types.text, body: `${message}\n`, headers };
}

/** The bytes of answers that many get: clients that do not read hold one copy together, not one each. */
const bytesOf = new WeakMap<Answer, Buffer>();

/** Sends the answer; to HEAD the same without its body. */
export function send(response: ServerResponse, made: Answer, method: string): void {
  const { status, type, body, headers = {} } = made;
  const bytes = bytesOf.get(made) ?? Buffer.from(body, 'utf8');
  bytesOf.set(made, bytes);
  response.writeHead(status, { ...safeHeaders, ...headers, 'Content-Type': type, 'Content-Length': String(bytes.length) });
  response.end(method === 'HEAD' ? undefined : bytes);
}
