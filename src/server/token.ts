import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../postgres/secret.ts';
import { type Refusal, valuesOf } from './guard.ts';

/**
 * Whether the request shows the token: as a bearer (`Authorization: Bearer TOKEN`, what Prometheus and scripts send) or as the password of
 * any user (what a browser asks a person for). Compared without telling how much of it was right.
 */
export function showsToken(rawHeaders: readonly string[], token: Secret): boolean {
  const [authorization = ''] = valuesOf('authorization', rawHeaders);
  const found = /^(?<scheme>bearer|basic) +(?<value>\S+)$/i.exec(authorization)?.groups;
  if (found === undefined) return false;
  const { scheme = '', value = '' } = found;
  if (scheme.toLowerCase() === 'bearer') return equal(value, token.reveal());
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon >= 0 && equal(decoded.slice(colon + 1), token.reveal());
}

export const tokenRefusal: Refusal = {
  status: 401,
  message: 'the token is wanted: as a bearer, or as the password of any user',
  headers: { 'WWW-Authenticate': 'Basic realm="goatherd", charset="UTF-8"' },
};

/** The digests are of one length, whatever was sent. */
function equal(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
