import { createServer } from 'node:net';
import { GoatherdError } from '../lib/errors.ts';

// Below Linux' range for outgoing connections (32768 and up): such a connection could take the port of a cluster that is down for an outage test.
const FIRST = 20_000;
const LAST = 32_000;

/** `count` different ports that nobody listens on at 127.0.0.1. They are not held: a start may still find one taken and ask again. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt += 1) {
    if (attempt > 500) throw new GoatherdError('NoFreePort', `no free port between ${FIRST} and ${LAST} on 127.0.0.1`);
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
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
