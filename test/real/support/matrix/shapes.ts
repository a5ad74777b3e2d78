import { eventually } from '../eventually.ts';
import { query } from '../query.ts';
import { onEach } from '../steady.ts';
import { clusterOf } from '../use-lab.ts';
import { type Change, REREAD, type Stage } from './change.ts';

const REKEYED: readonly string[] = ['rekey', ...REREAD];

/** Columns and keys of a table that is written to. */
export function shapeChanges({ lab, writes, a, all }: Stage): readonly Change[] {
  const key = (columns: string): Promise<void> => all(`ALTER TABLE shaped DROP CONSTRAINT shaped_pkey, ADD PRIMARY KEY (${columns})`);
  return [
    {
      what: 'a column takes the place of another, on the source first: what stands in the wrong one is put right',
      edit: async () => {
        await writes.pause();
        await a('ALTER TABLE shaped DROP COLUMN v, ADD COLUMN w text');
        await a("UPDATE shaped SET w = 'misplaced' WHERE id % 10 = 0");
        const misplaced = async () => query(clusterOf(lab(), 'b'), lab().dbname, "SELECT 1 FROM shaped WHERE v = 'misplaced'");
        await eventually(async () => (await misplaced()).length >= 100);
        await onEach(lab(), ['c', 'b'], 'ALTER TABLE shaped DROP COLUMN v, ADD COLUMN w text');
        await all('ALTER TABLE shaped ADD COLUMN v text');
        writes.start();
      },
      steps: ['resend', ...REREAD],
      sample: true,
    },
    { what: 'a column is added everywhere', edit: () => all('ALTER TABLE shaped ADD COLUMN extra int NOT NULL DEFAULT 7'), steps: REREAD },
    {
      what: 'a generated column is added everywhere',
      edit: () => all('ALTER TABLE shaped ADD COLUMN twice text GENERATED ALWAYS AS (code || code) STORED'),
      steps: REREAD,
    },
    { what: 'columns are dropped everywhere', edit: () => all('ALTER TABLE shaped DROP COLUMN extra, DROP COLUMN twice'), steps: REREAD },
    { what: 'the key becomes another column', edit: () => key('code'), steps: REKEYED, sample: true },
    { what: 'the key becomes two columns', edit: () => key('code, id'), steps: REKEYED },
    { what: 'their order changes', edit: () => key('id, code'), steps: REKEYED },
    // A session that wrote before gets an error from the old trigger function, until that is replaced.
    {
      what: 'the type of a key column changes',
      edit: () => all('ALTER TABLE shaped ALTER COLUMN id TYPE bigint'),
      steps: REKEYED,
      quiet: true,
    },
    {
      what: 'the old key is dropped with its column',
      edit: () =>
        all('ALTER TABLE shaped DROP COLUMN code, ADD COLUMN code text NOT NULL DEFAULT gen_random_uuid()::text, ADD PRIMARY KEY (id)'),
      steps: ['resend', ...REKEYED],
      quiet: true,
    },
  ];
}
