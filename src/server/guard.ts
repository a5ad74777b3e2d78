import { isIP } from 'node:net';
import type { Limits } from './limits.ts';

/** What is known of a request before it is answered. */
export interface RequestFacts {
  readonly method: string;
  readonly url: string;
  /** As they came: name, value, name, value. */
  readonly rawHeaders: readonly string[];
}

export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why a request is refused before its path is looked at; null when it is not. Only reading is possible, and a request has no body. */
export function refusalOf({ method, url, rawHeaders }: RequestFacts, hostNames: readonly string[], limits: Limits): Refusal | null {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, message: 'this server is only read: GET and HEAD', headers: { Allow: 'GET, HEAD' } };
  if (url.length > limits.urlCharacters) return { status: 414, message: 'the address is too long' };
  if (!url.startsWith('/') || url.startsWith('//')) return { status: 400, message: 'the address must begin with one /' };
  if (rawHeaders.length / 2 > limits.headers) return { status: 431, message: 'too many headers' };
  if (valuesOf('transfer-encoding', rawHeaders).length > 0 || valuesOf('content-length', rawHeaders).some((length) => length !== '0'))
    return { status: 413, message: 'a request has no body here' };
  if (valuesOf('expect', rawHeaders).length > 0) return { status: 417, message: 'nothing can be expected here' };
  return hostRefusal(valuesOf('host', rawHeaders), hostNames);
}

/**
 * A page of somebody else can make a browser ask this server under that page's own name (DNS rebinding), and then read the answer. So only
 * names that are known to be this server's are answered; an address of digits is not a name that anybody else could rebind.
 */
function hostRefusal(hosts: readonly string[], hostNames: readonly string[]): Refusal | null {
  const [host = ''] = hosts;
  if (hosts.length !== 1 || host === '') return { status: 400, message: 'exactly one Host header is wanted' };
  const name = hostNameOf(host);
  if (name === null) return { status: 400, message: 'the Host header is no host' };
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || hostNames.includes(name)) return null;
  return { status: 421, message: `this server is not known as ${name}; listen.hosts in goatherd.yaml names what it is known as` };
}

/** `Hub-1.internal:9187` -> `hub-1.internal`, `[::1]:9187` -> `::1`; null when it is neither. */
function hostNameOf(host: string): string | null {
  const found = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<name>[a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(host)?.groups;
  if (found?.['six'] !== undefined) return isIP(found['six']) === 6 ? found['six'] : null;
  return found?.['name']?.toLowerCase().replace(/\.$/, '') ?? null;
}

/** Every value of a header, also of one that came twice. `name` in small letters. */
export function valuesOf(name: string, rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
