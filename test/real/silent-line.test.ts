import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveConnection } from '../../src/postgres/connection.ts';
import { Secret } from '../../src/postgres/secret.ts';
import { Sessions } from '../../src/postgres/session.ts';
import { eventually } from './support/eventually.ts';
import { hold } from './support/hold.ts';
import { type Proxy, startProxy } from './support/proxy.ts';
import { query } from './support/query.ts';
import { clusterOf, useLab } from './support/use-lab.ts';

/** As `watchLine`'s own, only sooner. */
const PACE = { silentMs: 1_000, calmMs: 1_000, againMs: 500, answerMs: 5_000, doubts: 2 };
const SILENT = { code: 'ETIMEDOUT', retry: 'retry', message: expect.stringContaining('the line is silent') as string };

describe('a statement that waits for an answer', () => {
  const lab = useLab({ clusters: ['a'] }, async (started) => {
    await query(clusterOf(started, 'a'), started.dbname, 'CREATE TABLE held ()');
  });
  let proxy: Proxy;
  let sessions: Sessions;

  beforeAll(async () => {
    const { password = '' } = clusterOf(lab(), 'a');
    proxy = await startProxy(clusterOf(lab(), 'a'));
    const connection = resolveConnection({ host: '127.0.0.1', port: proxy.port, dbname: lab().dbname });
    sessions = new Sessions({ ...connection, password: new Secret(password) }, { applicationName: 'silent', pace: PACE }, 'database a');
  });

  afterAll(async () => {
    sessions.abandon();
    await proxy.close();
  });

  /** A statement of ours that is seen to wait for a lock, and what it comes to. */
  async function waitingForLock(): Promise<{ readonly ended: Promise<unknown>; readonly release: () => Promise<void> }> {
    const holder = await hold(lab(), 'a', 'LOCK TABLE held');
    const ended = sessions.transaction([], (client) => client.query('LOCK TABLE held'));
    // Whoever awaits it later is told.
    ended.catch(() => undefined);
    await eventually(async () => (await query(clusterOf(lab(), 'a'), lab().dbname, 'SELECT FROM pg_locks WHERE NOT granted')).length === 1);
    return { ended, release: () => holder.release() };
  }

  const works = async (): Promise<void> => {
    expect(await sessions.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  };

  test('is left alone for as long as its server works on it, whatever that waits for', async () => {
    const { ended, release } = await waitingForLock();
    const asked = proxy.asked();
    await eventually(() => proxy.asked() > asked + 4);
    await release();
    await ended;
  });

  test('is asked after, and left alone, while a second connection is refused by the server for a reason of its own', async () => {
    const { ended, release } = await waitingForLock();
    await query(clusterOf(lab(), 'a'), 'postgres', `ALTER DATABASE ${lab().dbname} WITH ALLOW_CONNECTIONS false`);
    const asked = proxy.asked();
    await eventually(() => proxy.asked() > asked + 4);
    await query(clusterOf(lab(), 'a'), 'postgres', `ALTER DATABASE ${lab().dbname} WITH ALLOW_CONNECTIONS true`);
    await release();
    await ended;
  });

  test('fails when nothing gets through any more', async () => {
    const { ended, release } = await waitingForLock();
    proxy.freeze();
    await expect(ended).rejects.toMatchObject(SILENT);
    proxy.mend();
    await release();
    await works();
  });

  test('fails when the server has answered, and nothing of it came', async () => {
    const { ended, release } = await waitingForLock();
    proxy.forget();
    proxy.mend();
    await release();
    await expect(ended).rejects.toMatchObject(SILENT);
    await works();
  });

  test('fails when the server has given the session up, and nothing of that came', async () => {
    const { ended, release } = await waitingForLock();
    proxy.forget();
    proxy.mend();
    await query(
      clusterOf(lab(), 'a'),
      lab().dbname,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'silent' AND wait_event_type = 'Lock'",
    );
    await expect(ended).rejects.toMatchObject(SILENT);
    await release();
    await works();
  });
});
