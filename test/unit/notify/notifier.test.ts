import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { decide, type Memory, nothingTold } from '../../../src/notify/decide.ts';
import { describeReceiver } from '../../../src/notify/deliver.ts';
import { type Message, messagesOf } from '../../../src/notify/message.ts';
import { Notifier } from '../../../src/notify/notifier.ts';
import { receiverKeys, type ToldStore } from '../../../src/notify/told-store.ts';
import { GoatherdError } from '../../../src/lib/errors.ts';
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

/** A store of what was told, as JSON; `away`: it does not answer. */
function told(): ToldStore & { away: boolean; readonly saves: string[] } {
  const kept = new Map<string, string>();
  const saves: string[] = [];
  const store = {
    away: false,
    saves,
    async read(receiver: string) {
      if (store.away) throw new GoatherdError('08006', 'the hub is away');
      return Promise.resolve(JSON.parse(kept.get(receiver) ?? 'null') as Memory | null);
    },
    async save(receiver: string, memory: Memory) {
      if (store.away) throw new GoatherdError('08006', 'the hub is away');
      saves.push(receiver);
      return Promise.resolve(void kept.set(receiver, JSON.stringify(memory)));
    },
  };
  return store;
}

function notifier(sink: Sink, store: ToldStore = told()): { readonly notifier: Notifier; readonly failures: string[] } {
  const failures: string[] = [];
  const made = new Notifier({ receivers: [sink], onFailure: (error) => failures.push(error), store, pause: 10 });
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

describe('over a restart', () => {
  const one = snapshot([{ ...drifted, conditions: [down] }]);
  const unseen = snapshot([{ ...drifted, conditions: [condition('orders/a-b', 'Ready', 'Unknown', 'NotObserved', '', now)] }], {
    role: 'acting',
  });
  const well = snapshot([{ ...drifted, conditions: [condition('orders/a-b', 'Ready', 'True', 'Ready', '', now)] }]);

  test('what was told is not told again, and its end is', async () => {
    const { url, received } = await receiver();
    const store = told();
    const first = notifier(webhook(url), store).notifier;
    first.look(one, now);
    await expect.poll(() => first.counts.sent).toBe(1);
    await first.close();
    const second = notifier(webhook(url), store).notifier;
    for (const [at, seen] of [unseen, one, one, well].entries()) {
      second.look(seen, now + at);
      await expect.poll(() => second.idle).toBe(true);
    }
    expect(received.map(({ message }) => message.notifications.map(({ kind }) => kind))).toEqual([['raised'], ['resolved']]);
  });

  test('what has not held long enough goes on holding', async () => {
    const { url, received } = await receiver();
    const store = told();
    const sink = { ...webhook(url), holdMs: 100_000 };
    const young = snapshot([{ ...drifted, conditions: [{ ...down, since: now }] }]);
    const first = notifier(sink, store).notifier;
    first.look(young, now);
    await expect.poll(() => first.idle).toBe(true);
    await first.close();
    const second = notifier(sink, store).notifier;
    second.look(snapshot([{ ...drifted, conditions: [{ ...down, since: now + 90_000 }] }]), now + 100_000);
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]?.message.notifications[0]?.since).toBe(new Date(now).toISOString());
  });

  test('nothing is written while nothing changes', async () => {
    const { url } = await receiver();
    const store = told();
    const { notifier: first } = notifier(webhook(url), store);
    for (const at of [0, 1, 2, 3]) {
      first.look(snapshot([{ ...drifted, conditions: [{ ...down, message: `${at} s behind` }] }]), now + at);
      await expect.poll(() => first.idle).toBe(true);
    }
    expect(store.saves.length).toBe(1);
  });

  test('what was said while the hub was away is not said again when it is back', async () => {
    const { url, received } = await receiver();
    const store = told();
    const { notifier: first } = notifier(webhook(url), store);
    const away = snapshot([], { role: 'starting', conditions: [condition('controller', 'LockHeld', 'Unknown', 'ControlDatabaseDown')] });
    store.away = true;
    first.look(away, now);
    await expect.poll(() => received.length).toBe(1);
    await expect.poll(() => first.idle).toBe(true);
    store.away = false;
    first.look(snapshot([], { conditions: [condition('controller', 'LockHeld', 'True', 'Held')] }), now + 1);
    await expect.poll(() => received.length).toBe(2);
    expect(received.map(({ message }) => message.notifications[0]?.kind)).toEqual(['raised', 'resolved']);
  });

  test('a receiver has one name, whatever it wants to hear; its address is not in it', () => {
    const hook = webhook('https://hooks.example/s3cret');
    const keys = receiverKeys([hook, { ...hook, severity: 'error', holdMs: 1 }, webhook('https://hooks.example/other')]);
    expect(new Set(keys).size).toBe(3);
    expect(receiverKeys([{ ...hook, repeatMs: 7 }])).toEqual([keys[0]]);
    expect(keys.join(' ')).not.toContain('s3cret');
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
