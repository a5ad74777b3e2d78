import type { Listen, Problem, SecretRef } from '../model.ts';
import type { ParsedFile } from '../yaml/parse.ts';
import { password } from '../resolve.ts';
import type { HostFile } from '../schema-types.ts';

export const defaultListen: Listen = { host: '127.0.0.1', port: 9187, hosts: [], token: null };

/** The key `listen` with its defaults. */
export function listenOf(given: HostFile['listen']): Listen {
  if (given === undefined) return defaultListen;
  const { address, hosts = [], token } = typeof given === 'string' ? { address: given } : given;
  return { ...addressOf(address), hosts, token: reference(token) };
}

/** `[::1]:9187` -> `::1` and 9187. */
function addressOf(text: string | undefined): Pick<Listen, 'host' | 'port'> {
  if (text === undefined) return defaultListen;
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(text.slice(colon + 1)) };
}

/** Where a secret is taken from; null for nowhere. */
export function reference(given: { readonly env?: string; readonly file?: string } | undefined): SecretRef | null {
  return password(given).password ?? null;
}

/** What the schema cannot say: a port that does not exist, and an address that everybody reaches without a token. */
export function listenProblems(given: HostFile['listen'], parsed: ParsedFile): Problem[] {
  const { host, port, token } = listenOf(given);
  const problem = (message: string, hint: string): Problem =>
    parsed.source.problem(parsed.at(['listen'], 'value'), { code: 'BadValue', message, hint });
  if (port > 65_535) return [problem(`\`listen\` names the port ${port}`, 'ports end at 65535')];
  if (token !== null || isLoopback(host)) return [];
  return [
    problem(
      '`listen` names an address that other hosts reach, and no token',
      `write \`listen: {address: "${host.includes(':') ? `[${host}]` : host}:${port}", token: {file: /etc/goatherd/page.token}}\``,
    ),
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
