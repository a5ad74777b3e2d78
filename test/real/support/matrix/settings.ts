import { expect } from 'vitest';
import { query } from '../query.ts';
import { planOf, reconciled } from '../reconciled.ts';
import { runGoatherd } from '../run-goatherd.ts';
import { onEach } from '../steady.ts';
import { clusterOf } from '../use-lab.ts';
import { CHAIN, type Change, REREAD, RESTART, type Stage } from './change.ts';

/** Settings, kick triggers, copies, states, and a person who stops a link. */
export function settingChanges({ lab, a, put }: Stage): readonly Change[] {
  const kicks = async (name: string): Promise<readonly unknown[]> =>
    query(
      clusterOf(lab(), name),
      lab().dbname,
      "SELECT DISTINCT tgenabled::text AS mode FROM pg_trigger WHERE tgname LIKE 'bucardo_kick_%'",
    );
  return [
    {
      what: 'a setting is declared',
      edit: put({ bucardo: { settings: { log_level: 'verbose' } } }),
      steps: ['settings', ...RESTART],
      sample: true,
    },
    { what: 'it is another one', edit: put({ bucardo: { settings: { statement_chunk_size: 500 } } }), steps: ['settings', ...RESTART] },
    { what: 'no setting is declared any more', edit: put({ bucardo: null }), steps: ['settings', ...RESTART] },
    { what: 'the poll is slower', edit: put({ kick_interval: '2s' }), steps: REREAD },
    {
      what: 'kick triggers come',
      edit: put({ disable_kicking: false }),
      steps: ['always', 'register', 'triggers', ...RESTART],
      sample: true,
      besides: async () => expect(await kicks('b')).toEqual([{ mode: 'A' }]),
    },
    {
      what: 'kick triggers go, and the poll is as it was',
      edit: put({ disable_kicking: null, kick_interval: null }),
      steps: ['drop_triggers', ...REREAD],
      sample: true,
      besides: async () => expect([await kicks('a'), await kicks('b')]).toEqual([[], []]),
    },
    { what: 'copy_data is always', edit: put({ copy_data: 'always' }), steps: [] },
    {
      what: 'a copy is asked for once more, of rows that are gone below',
      edit: async () => {
        await onEach(lab(), ['b', 'c'], 'SET session_replication_role = replica; DELETE FROM items WHERE id % 7 = 0');
        await put({ copy_generation: 2 })();
      },
    },
    { what: 'copy_data is never', edit: put({ copy_data: 'never' }), steps: [] },
    {
      what: 'copy_data is empty, locks are waited for longer',
      edit: put({ copy_data: 'empty', locks: { timeout: '1s', budget: '5m' } }),
      steps: [],
    },
    {
      what: 'copy_data has each value after each other',
      edit: async () => {
        for (const copy_data of ['never', 'always', 'empty', 'never', 'empty', 'always', 'never', 'empty']) {
          await put({ copy_data })();
          expect((await reconciled(lab())).counts.steps).toBe(0);
        }
      },
      steps: [],
    },
    { what: 'the links are protected', edit: put({ protect: true }), steps: ['ledger'] },
    { what: 'they are not', edit: put({ protect: null, copy_data: null, locks: null }), steps: ['ledger'] },
    {
      what: 'B passes nothing on',
      edit: put({ databases: { b: { cascade: false } } }),
      same: ['a', 'b'],
    },
    { what: 'B passes on what it receives, and what C missed is copied', edit: put({ databases: { b: { cascade: null } } }) },
    {
      what: 'the links are stopped, record what comes, and run again',
      edit: async () => {
        await put({ state: 'stopped' })();
        await reconciled(lab());
        expect(await planOf(lab(), 0, '--detailed-exitcode')).toMatchObject({ verdict: 'in_sync', steps: [] });
        await a("INSERT INTO notes VALUES (41, 'while stopped') ON CONFLICT (id) DO UPDATE SET note = excluded.note");
        await put({ state: null })();
      },
    },
    { what: 'the first link is detached', edit: put({ links: [{ from: 'a', to: 'b', state: 'detached' }, 'b -> c'] }), same: ['b', 'c'] },
    { what: 'it is there again, by a copy', edit: put({ links: CHAIN }) },
    {
      what: 'a stopped link is detached, stopped again, and there again by a copy',
      edit: async () => {
        const upper = (state: string) => put({ links: [{ from: 'a', to: 'b', state }, 'b -> c'] })();
        for (const state of ['stopped', 'detached', 'stopped', 'detached', 'stopped']) {
          await upper(state);
          const required = (await planOf(lab())).approvals.required.flatMap((one) => ['--approve', one.id]);
          await reconciled(lab(), 0, ...required);
        }
        await put({ links: CHAIN })();
      },
    },
    {
      what: 'a person stops a link, and starts it again',
      edit: async () => {
        const verb = (word: string, ...more: readonly string[]) =>
          runGoatherd([word, 'orders/b-c', ...more, '--path', lab().topologyFile, '--config', lab().configFile]);
        expect((await verb('stop', '--reason', 'an index on C')).exitCode).toBe(0);
        expect((await verb('start')).exitCode).toBe(0);
      },
      steps: [],
    },
  ];
}
