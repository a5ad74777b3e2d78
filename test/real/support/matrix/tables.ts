import { expect } from 'vitest';
import { planOf, reconciled } from '../reconciled.ts';
import { type Change, REREAD, type Stage } from './change.ts';

const NAMED = ['public.items', 'public.moves', 'public.notes', 'public.shaped', 'public.parts_1', 'public.parts_2'];

/** Tables that come and go, partitions and sequences. */
export function tableChanges({ lab, a, all, put }: Stage): readonly Change[] {
  /** Reconciles with the approval that its plan asks for. */
  const approved = async (): Promise<void> => {
    const required = (await planOf(lab())).approvals.required.flatMap((one) => ['--approve', one.id]);
    await reconciled(lab(), 0, ...required);
  };
  return [
    {
      what: 'a table appears, with rows',
      edit: async () => {
        await all('CREATE TABLE joined (id int PRIMARY KEY, v text)');
        await a("INSERT INTO joined SELECT g, 'old' FROM generate_series(1, 500) g");
      },
    },
    {
      what: 'it is excluded, and leaves when that is approved',
      edit: put({ tables: { exclude: ['public.joined'] } }),
    },
    {
      what: 'it matches again: what stands below it is emptied for nobody, and said',
      edit: put({ tables: null }),
      suspect: ['orders/a-b: public.joined', 'orders/b-c: public.joined'],
    },
    { what: 'it is dropped everywhere', edit: () => all('DROP TABLE joined') },
    {
      what: 'a partitioned table appears',
      edit: () =>
        all(
          'CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)',
        ),
    },
    {
      what: 'a partition more joins by itself',
      edit: () => all('CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)'),
      besides: () => a('INSERT INTO parts VALUES (1), (11) ON CONFLICT DO NOTHING'),
    },
    {
      what: 'a partition that no pattern names is drift with the line to add, until it is excluded',
      edit: async () => {
        await put({ tables: { include: NAMED } })();
        await all('CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (20) TO (30)');
      },
      steps: [],
      besides: async () => {
        const { changes } = await planOf(lab(), 2, '--detailed-exitcode');
        expect(
          changes.map(({ address, action, fields }) => [address, action, ...fields.map(({ path, after }) => `${path}: ${after}`)]),
        ).toEqual(['a-b', 'b-c'].map((id) => [`orders/${id}`, 'drift', 'public.parts_3: - "public.parts_3" (or - "public.parts")']));
        await put({ tables: { include: NAMED, exclude: ['public.parts_3'] } })();
        await reconciled(lab());
      },
    },
    { what: 'it joins when it is named', edit: put({ tables: null }) },
    { what: 'the partitioned table is dropped everywhere', edit: () => all('DROP TABLE parts') },
    {
      what: 'sequences are left out, and carried again',
      edit: async () => {
        await put({ sequences: { include: ['none.*'] } })();
        await approved();
        await put({ sequences: null })();
      },
      steps: ['membership', ...REREAD],
    },
  ];
}
