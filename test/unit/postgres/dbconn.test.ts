import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dbconnOf, resolveConnection } from '../../../src/postgres/connection.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goatherd-services-'));
  const file = join(folder, 'services');
  await writeFile(
    file,
    '[patient]\nhost=pg-a\nsslmode=require\nkeepalives=1\nkeepalives_idle=300\ntcp_user_timeout=0\n[local]\nhost=/run/postgresql\nkeepalives_idle=300\n',
  );
  vi.stubEnv('PGSERVICEFILE', file);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test("Bucardo's connections over TCP find dead lines by themselves, beside what TLS needs", () => {
  expect(dbconnOf(resolveConnection({ host: 'pg-a', dbname: 'orders', sslmode: 'require', sslrootcert: "/etc/it's here.pem" }))).toBe(
    String.raw`sslmode=require sslrootcert='/etc/it\'s here.pem' keepalives_idle=30 keepalives_interval=10 keepalives_count=6 tcp_user_timeout=90000`,
  );
});

test('what a service says of them goes before', () => {
  expect(dbconnOf(resolveConnection({ service: 'patient', dbname: 'orders' }))).toBe(
    'sslmode=require keepalives=1 keepalives_idle=300 keepalives_interval=10 keepalives_count=6 tcp_user_timeout=0',
  );
});

test('a socket has no line', () => {
  expect(dbconnOf(resolveConnection({ host: '/run/postgresql', dbname: 'orders' }))).toBe('');
  expect(dbconnOf(resolveConnection({ service: 'local', dbname: 'orders' }))).toBe('');
});
