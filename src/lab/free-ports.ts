import { createServer } from 'node:net';
import { GoatherdError } from '../lib/errors.ts';
import { registeredLabs } from './registry.ts';
import { readState } from './state.ts';

// Below Linux' range for outgoing connections (32768 and up): such a connection could take the port of a cluster that is down for an outage test.
const FIRST = 20_000;
const LAST = 32_000;

/**
 * `count` different ports that nobody listens on at 127.0.0.1, and no known lab has for a cluster that is down just now. They are not held:
 * a start may still find one taken and ask again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  const taken = await portsOfLabs();
  for (let attempt = 0; ports.size < count; attempt += 1) {
    if (attempt > 500) throw new GoatherdError('NoFreePort', `no free port between ${FIRST} and ${LAST} on 127.0.0.1`);
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!ports.has(port) && !taken.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function portsOfLabs(): Promise<ReadonlySet<number>> {
  // One that is going, or its folder gone, needs none.
  const states = await Promise.all((await registeredLabs()).map(({ dir }) => readState(dir).catch(() => undefined)));
  return new Set(states.flatMap((state) => (state === undefined ? [] : [state.hub, ...state.clusters].map((cluster) => cluster.port))));
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }
}
