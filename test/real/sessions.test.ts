import { expect, test } from 'vitest';
import { resolveConnection } from '../../src/postgres/connection.ts';
import { type Notices, Sessions } from '../../src/postgres/session.ts';
import { eventually } from './support/eventually.ts';
import { query } from './support/query.ts';
import { useLab } from './support/use-lab.ts';

const lab = useLab({ clusters: ['a'] });

async function withSessions(work: (sessions: Sessions) => Promise<void>, notices?: Notices): Promise<void> {
  const { host, port } = lab().hub;
  const sessions = new Sessions(
    resolveConnection({ host, port, dbname: 'postgres', user: 'postgres' }),
    { applicationName: 'many', ...(notices === undefined ? {} : { notices }) },
    'hub',
  );
  try {
    await work(sessions);
  } finally {
    await sessions.end();
  }
}

test('a session that serves many transactions collects nothing', async () => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', listen);
  await withSessions(async (sessions) => {
    for (let turn = 0; turn < 30; turn += 1) await sessions.transaction([], (client) => client.query('SELECT 1'));
  });
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});

test('a killed backend fails what used it, and neither the process nor what comes after', async () => {
  await withSessions(async (sessions) => {
    const killed = sessions.transaction([], async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await query(lab().hub, 'postgres', `SELECT pg_terminate_backend(${rows[0]?.pid ?? 0})`);
      await client.query('SELECT pg_sleep(30)');
    });
    await expect(killed).rejects.toMatchObject({ code: expect.stringMatching(/^(57P01|08006|ECONNRESET)$/) as string });
    expect(await sessions.query<{ one: number }>('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

test('what is to be listened to changes: it is heard from then on, in whatever session, and by no session of before', async () => {
  let channels = ['before'];
  const heard: string[] = [];
  const tell = async (channel: string): Promise<unknown> => query(lab().hub, 'postgres', `NOTIFY ${channel}`);
  await withSessions(
    async (sessions) => {
      await sessions.query('SELECT 1');
      await tell('before');
      await eventually(() => heard.length > 0);
      const busy = Promise.withResolvers<void>();
      const taken = Promise.withResolvers<void>();
      const kept = sessions.transaction([], async () => {
        taken.resolve();
        await busy.promise;
      });
      await taken.promise;
      channels = ['after'];
      await sessions.listenAnew();
      await tell('after');
      await eventually(() => heard.includes('after'));
      busy.resolve();
      await kept;
      heard.length = 0;
      await tell('before');
      await tell('after');
      await eventually(() => heard.includes('after'));
      expect(heard).toEqual(['after']);
    },
    { channels: () => channels, heard: (channel) => heard.push(channel) },
  );
});
