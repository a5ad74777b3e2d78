import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { decide, nothingTold } from '../../../src/notify/decide.ts';
import { describeReceiver } from '../../../src/notify/deliver.ts';
import { type Message, messagesOf } from '../../../src/notify/message.ts';
import { Notifier } from '../../../src/notify/notifier.ts';
import type { Receiver as Sink } from '../../../src/topology/model.ts';
import { expectGolden } from '../report/golden.ts';
import { condition, drifted, injected, now, snapshot, snapshots, unapproved } from '../report/snapshots.ts';

const policy = { severity: 'warning', holdMs: 0, repeatMs: 60_000 } as const;
const down = condition('orders/a-b', 'Ready', 'False', 'DaemonDown', 'no daemon runs it', now - 600_000);
const bad = snapshot([{ ...drifted, conditions: [...drifted.conditions, down] }]);
const messages = (of = bad) =>
  messagesOf(decide(nothingTold, [...of.conditions, ...of.topologies.flatMap(({ conditions }) => conditions)], now, policy).send, of).map(
    ({ message }) => message,
  );

interface Receiver {
  readonly url: string;
  readonly received: { readonly headers: IncomingMessage['headers']; readonly message: Message }[];
}

/** A receiver that answers as told, the first time with the first status; the last one stays. */
async function receiver(statuses: readonly number[] = [204], answer?: (response: ServerResponse) => void): Promise<Receiver> {
  const received: Receiver['received'] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, message: JSON.parse(text) as Message });
      response.statusCode = statuses[Math.min(received.length, statuses.length) - 1] ?? 204;
      if (answer === undefined) response.end();
      else answer(response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/s3cret-path`, received };
}

function notifier(sink: Sink): { readonly notifier: Notifier; readonly failures: string[] } {
  const failures: string[] = [];
  const made = new Notifier({ receivers: [sink], onFailure: (error) => failures.push(error), pause: 10 });
  onTestFinished(() => made.close());
  return { notifier: made, failures };
}

const webhook = (url: string, headers: Extract<Sink, { kind: 'webhook' }>['headers'] = {}): Sink => ({
  kind: 'webhook',
  url,
  headers,
  ...policy,
});

describe('the message', () => {
  test('says what, since when, why and what to do, for programs and for a chat', () => {
    expectGolden('notification.json', `${JSON.stringify(messages(snapshot([{ ...drifted, conditions: [down] }, unapproved])), null, 2)}\n`);
  });

  test('keeps to its schema, whatever is said', () => {
    const file = join(import.meta.dirname, '../../../schemas/notification.schema.json');
    const formats = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };
    const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, formats }).compile(
      JSON.parse(readFileSync(file, 'utf8')) as object,
    );
    for (const message of [...Object.values(snapshots), snapshot([injected])].flatMap((one) => messages(one)))
      expect([validate(message), validate.errors]).toEqual([true, null]);
  });
});

describe('a webhook', () => {
  test('is told once, with its secret header', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'goatherd-notify-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'token'), 'Bearer t0ken\n');
    const { url, received } = await receiver();
    const { notifier: one } = notifier(webhook(url, { Authorization: { file: join(folder, 'token') } }));
    one.look(bad, now);
    await expect.poll(() => one.counts.sent).toBe(2);
    one.look(bad, now);
    await one.close();
    expect(received.map(({ message }) => message.topology)).toEqual(['mail', 'orders']);
    expect(received[0]?.headers).toMatchObject({ authorization: 'Bearer t0ken', 'content-type': 'application/json' });
  });

  test('that fails for a moment is tried again at once', async () => {
    const { url, received } = await receiver([503, 204]);
    const { notifier: one, failures } = notifier(webhook(url));
    one.look(snapshot([{ ...drifted, conditions: [down] }]), now);
    await expect.poll(() => one.counts).toEqual({ sent: 1, failed: 0 });
    expect([received.length, failures]).toEqual([2, []]);
  });

  test('that refuses is tried with the next snapshot; what was brought meanwhile is not brought again', async () => {
    const { url, received } = await receiver([204, 403, 204]);
    const { notifier: one, failures } = notifier(webhook(url));
    one.look(bad, now);
    await expect.poll(() => failures).toHaveLength(1);
    one.look(bad, now);
    await expect.poll(() => one.counts).toEqual({ sent: 2, failed: 1 });
    expect(received.map(({ message }) => message.topology)).toEqual(['mail', 'orders', 'orders']);
    expect(failures[0]).toMatch(/^webhook 127\.0\.0\.1:\d+: answered 403$/);
  });

  test('that leads elsewhere is not followed: the header is for the first', async () => {
    const other = await receiver();
    const { url } = await receiver([302], (response) => response.setHeader('location', other.url).end());
    const { notifier: one, failures } = notifier(webhook(url));
    one.look(bad, now);
    await expect.poll(() => failures).toHaveLength(1);
    expect(other.received).toEqual([]);
  });

  test('that is slow holds nobody, and ends with the controller', async () => {
    const { url, received } = await receiver([200], () => undefined);
    const { notifier: one, failures } = notifier(webhook(url));
    one.look(bad, now);
    await expect.poll(() => received.length).toBe(1);
    one.look(bad, now);
    await one.close();
    expect([received.length, failures]).toEqual([1, []]);
  });

  test('is named without what may be secret of it', () => {
    expect(describeReceiver(webhook('https://hooks.example/services/T0/s3cret'))).toBe('webhook hooks.example');
    expect(describeReceiver({ ...policy, kind: 'webhook', url: { env: 'HOOK' }, headers: {} })).toBe('webhook of HOOK');
  });
});

describe('a command', () => {
  async function program(text: string): Promise<{ readonly path: string; readonly out: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'goatherd-notify-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [path, out] = [join(folder, 'tell'), join(folder, 'out')];
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return { path, out };
  }
  const command = (...words: string[]): Sink => ({ kind: 'command', command: words, ...policy });

  test('reads the message, gets its arguments as they are, and no secret of ours', async () => {
    process.env['GOATHERD_TEST_SECRET'] = 's3cret';
    onTestFinished(() => {
      delete process.env['GOATHERD_TEST_SECRET'];
    });
    const { path, out } = await program('{ printf "%s\\n" "$2"; env; cat; } > "$1"');
    const { notifier: one } = notifier(command(path, out, '$(id); `id`'));
    one.look(snapshot([{ ...drifted, conditions: [down] }]), now);
    await expect.poll(() => one.counts.sent).toBe(1);
    const lines = (await readFile(out, 'utf8')).trimEnd().split('\n');
    expect(lines[0]).toBe('$(id); `id`');
    expect(lines.filter((line) => line.includes('s3cret'))).toEqual([]);
    expect((JSON.parse(lines.at(-1) ?? '') as Message).notifications[0]).toMatchObject({ kind: 'raised', address: 'orders/a-b' });
  });

  test('that fails again and again is said, with its last word', async () => {
    const { path } = await program('echo "no route to pager" >&2; exit 3');
    const { notifier: one, failures } = notifier(command(path));
    one.look(bad, now);
    await expect.poll(() => failures).toHaveLength(1);
    expect(failures[0]).toBe(`command ${path}: ended with 3: no route to pager`);
  });
});

describe('who speaks', () => {
  test('not one that stands by', async () => {
    const { url, received } = await receiver();
    const { notifier: one } = notifier(webhook(url));
    one.look({ ...bad, role: 'standby' }, now);
    await one.close();
    expect(received).toEqual([]);
  });

  test('one that lost the hub, and with it the lock', async () => {
    const { url, received } = await receiver();
    const { notifier: one } = notifier(webhook(url));
    one.look(snapshot([], { role: 'standby', conditions: [condition('controller', 'LockHeld', 'Unknown', 'ControlDatabaseDown')] }), now);
    await expect.poll(() => received[0]?.message.topology).toBeNull();
  });
});
