import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../src/lab/free-ports.ts';
import { eventually } from './support/eventually.ts';
import { startController } from './support/start-controller.ts';

const MiB = 1024 ** 2;

test('a controller that everybody attacks at once stays up and small, and is itself again when they leave', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'goatherd-bad-clients-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [nowhere = 0] = await freePorts(1);
  const configFile = join(folder, 'goatherd.yaml');
  // No hub: the page says so, and is what this is about.
  await writeFile(configFile, `hub: {host: 127.0.0.1, port: ${nowhere}}\nlisten: 127.0.0.1:0\n`);
  const topologyFile = join(folder, 'orders.yaml');
  await writeFile(
    topologyFile,
    'topology: orders\ndatabases: {a: {host: 127.0.0.1, dbname: a}, b: {host: 127.0.0.1, dbname: b}}\nlinks: [a -> b]\n',
  );
  const controller = startController({ directory: topologyFile, topologyFile, configFile });
  let over = false;
  onTestFinished(async () => {
    if (!over) controller.kill('SIGKILL');
    await controller.ended;
  });
  const { message } = await controller.says(/the page is at /);
  const port = Number(/:(\d+)\/$/.exec(message)?.[1]);
  const measure = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const handles = await measure('process_open_fds');
  const before = await measure('process_resident_memory_bytes');

  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  const attack = (count: number, text: (index: number) => string, reads = true): void => {
    for (let index = 0; index < count; index += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      if (reads) socket.resume();
      else socket.pause();
      socket.write(text(index));
      sockets.push(socket);
    }
  };
  const page = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
  attack(100, () => page.repeat(2000), false);
  attack(100, () => page.repeat(2000));
  attack(100, () => 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n', false);
  attack(200, (index) => `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(index * 1000)}`);
  attack(200, () => `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n${'z'.repeat(100_000)}`);
  attack(200, (index) => String.fromCharCode(index).repeat(5000));
  attack(300, () => '');
  // None of them leaves by itself: the server puts them out. Those that do not read would not notice.
  await eventually(() => sockets.every((socket) => socket.closed || socket.isPaused()));
  const during = await eventually(() => measure('process_resident_memory_bytes'));
  // Of some 6 GB that were asked for. Most of it is garbage that nothing hurries to collect.
  expect(during - before).toBeLessThan(400 * MiB);
  for (const socket of sockets) socket.destroy();
  await eventually(async () => (await measure('process_open_fds')) <= handles + 5);
  expect((await fetch(`http://127.0.0.1:${port}/topologies/orders`)).status).toBe(200);
  controller.kill('SIGTERM');
  expect(await controller.ended).toEqual({ exitCode: 0, signal: null });
  over = true;
});
