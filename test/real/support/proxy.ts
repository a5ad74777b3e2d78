import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** A TCP proxy on 127.0.0.1 whose line can be cut: what a firewall or a lost network does to a database's clients. */
export interface Proxy {
  readonly port: number;
  /** How many connections were asked for so far. */
  asked(): number;
  /** Ends every connection and refuses new ones until `mend`. */
  cut(): void;
  /** Keeps every connection open and lets nothing through until `mend`. */
  freeze(): void;
  /** The same, and connections of before stay silent for ever: a firewall that has forgotten them. */
  forget(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startProxy(to: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const forgotten = new Set<readonly [Socket, Socket]>();
  let asked = 0;
  let state: 'whole' | 'cut' | 'frozen' = 'whole';
  const server: Server = createServer((client) => {
    client.on('error', () => undefined);
    asked += 1;
    if (state === 'cut') return void client.destroy();
    const upstream = connect(to.port, to.host);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, into] of [pair, [upstream, client] as const]) {
      from.on('error', () => undefined);
      from.on('close', () => {
        into.destroy();
        pairs.delete(pair);
      });
      from.pipe(into);
      if (state === 'frozen') from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const each = (work: (socket: Socket) => void): void => [...pairs].flat().forEach(work);
  return {
    port: address.port,
    asked: () => asked,
    cut: () => {
      state = 'cut';
      each((socket) => void socket.destroy());
    },
    freeze: () => {
      state = 'frozen';
      each((socket) => void socket.pause());
    },
    forget: () => {
      state = 'frozen';
      each((socket) => void socket.unpipe().pause());
      for (const pair of pairs) forgotten.add(pair);
      pairs.clear();
    },
    mend: () => {
      if (state === 'frozen') each((socket) => void socket.resume());
      state = 'whole';
    },
    close: async () => {
      each((socket) => void socket.destroy());
      for (const socket of [...forgotten].flat()) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
