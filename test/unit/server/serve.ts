import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ControllerSnapshot } from '../../../src/report/status/snapshot-model.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../../src/server/start-server.ts';
import { counters, now, snapshots } from '../report/snapshots.ts';

export interface Served {
  readonly server: RunningServer;
  readonly url: string;
  /** Puts another snapshot in place, and says so. */
  readonly show: (next: ControllerSnapshot) => void;
}

/** A server on a free port of loopback for one test, over snapshots made by hand. */
export async function serve(options: Partial<ServerOptions> = {}, first: ControllerSnapshot = snapshots['ready']!): Promise<Served> {
  let current = first;
  const listeners = new Set<() => void>();
  const server = await startServer({
    snapshot: () => current,
    counters: () => counters,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listen: { host: '127.0.0.1', port: 0, hosts: [] },
    token: null,
    clock: () => now,
    ...options,
  });
  onTestFinished(() => server.close());
  return {
    server,
    url: `http://127.0.0.1:${server.address.port}`,
    show(next) {
      current = next;
      for (const listener of listeners) listener();
    },
  };
}

/** A bare connection, for what no client would send; `received` grows, `ended` settles when the server has closed it. */
export interface Wire {
  readonly socket: Socket;
  readonly received: () => string;
  readonly ended: Promise<string>;
}

export function wire({ server }: Served, first = ''): Wire {
  const socket = connect(server.address.port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => (received += text));
  // A connection that the server cuts off is what these tests are about.
  socket.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => resolve(received));
  });
  onTestFinished(() => void socket.destroy());
  if (first !== '') socket.write(first);
  return { socket, received: () => received, ended };
}
