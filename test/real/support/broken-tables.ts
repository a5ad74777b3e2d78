/** One table (or sequence) that does not fit: how it stands on the source and on the target, and what a plan must say of it. */
export interface BrokenTable {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly source: string;
  readonly target: string;
  readonly objects: readonly string[];
}

const both = (code: string, sql: string, objects: readonly string[], severity: BrokenTable['severity'] = 'error'): BrokenTable => ({
  code,
  severity,
  source: sql,
  target: sql,
  objects,
});
const differing = (code: string, source: string, target: string, object: string): BrokenTable => ({
  code,
  severity: 'error',
  source,
  target,
  objects: [object],
});

/** 58 characters with its schema, and in need of quotes: Bucardo hashes it in two ways. */
const LONG = `Quoted_${'x'.repeat(44)}`;
/** As long, and in need of no quotes: no problem at all. */
const LONG_PLAIN = `plain_${'x'.repeat(45)}`;

export const BROKEN_TABLES: readonly BrokenTable[] = [
  both('NoKey', 'CREATE TABLE nokey (v text)', ['public.nokey']),
  both('NullableKey', 'CREATE TABLE nullkey (v int UNIQUE)', ['public.nullkey: index nullkey_v_key']),
  both('DeferrableKey', 'CREATE TABLE defkey (id int PRIMARY KEY DEFERRABLE)', ['public.defkey: index defkey_pkey']),
  both('KeyName', 'CREATE TABLE pipe ("a|b" int PRIMARY KEY)', ['public.pipe: column a|b']),
  both('KeyGenerated', 'CREATE TABLE genkey (id int, g int GENERATED ALWAYS AS (id) STORED PRIMARY KEY)', ['public.genkey: column g']),
  both('Unlogged', 'CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY)', ['public.unlogged']),
  both('NameTooLong', `CREATE TABLE "${LONG}" (id int PRIMARY KEY); CREATE TABLE ${LONG_PLAIN} (id int PRIMARY KEY)`, [`public.${LONG}`]),
  both(
    'NameCollision',
    'CREATE SCHEMA a_b; CREATE SCHEMA a; CREATE TABLE a_b.c (id int PRIMARY KEY); CREATE TABLE a.b_c (id int PRIMARY KEY)',
    ['a.b_c: the same as a_b.c', 'a_b.c: the same as a.b_c'],
  ),
  both(
    'PartitionsExpanded',
    `CREATE TABLE part (id int PRIMARY KEY) PARTITION BY RANGE (id);
     CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10); CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20)`,
    ['public.part: 2 leaves'],
    'note',
  ),
  both('GeneratedColumns', 'CREATE TABLE gen (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id * 2) STORED)', ['public.gen: g'], 'note'),
  differing('TableMissing', 'CREATE TABLE missing (id int PRIMARY KEY)', '', 'public.missing'),
  differing('SequenceMissing', 'CREATE SEQUENCE lonely', '', 'public.lonely'),
  differing(
    'ColumnMissing',
    'CREATE TABLE short (id int PRIMARY KEY, v text)',
    'CREATE TABLE short (id int PRIMARY KEY)',
    'public.short: column v is missing on the target: ALTER TABLE public.short ADD COLUMN v text',
  ),
  differing(
    'ColumnExtra',
    'CREATE TABLE long (id int PRIMARY KEY)',
    'CREATE TABLE long (id int PRIMARY KEY, v text)',
    'public.long: column v stands only on the target: ALTER TABLE public.long DROP COLUMN v; or on the source ALTER TABLE public.long ADD COLUMN v text',
  ),
  differing(
    'ColumnType',
    'CREATE TABLE typed (id int PRIMARY KEY, v int)',
    'CREATE TABLE typed (id int PRIMARY KEY, v text)',
    'public.typed: column v is integer on the source, text on the target: ALTER TABLE public.typed ALTER COLUMN v TYPE integer',
  ),
  differing(
    'ColumnNullability',
    'CREATE TABLE nullable (id int PRIMARY KEY, v int NOT NULL)',
    'CREATE TABLE nullable (id int PRIMARY KEY, v int)',
    'public.nullable: column v is NOT NULL on the source, nullable on the target: ALTER TABLE public.nullable ALTER COLUMN v SET NOT NULL',
  ),
  differing(
    'ColumnDefault',
    'CREATE TABLE defaulted (id int PRIMARY KEY, v int DEFAULT 1)',
    'CREATE TABLE defaulted (id int PRIMARY KEY, v int DEFAULT 2)',
    'public.defaulted: column v has default 1 on the source, 2 on the target: ALTER TABLE public.defaulted ALTER COLUMN v SET DEFAULT 1',
  ),
  differing(
    'ColumnCollation',
    'CREATE TABLE collated (id int PRIMARY KEY, v text)',
    'CREATE TABLE collated (id int PRIMARY KEY, v text COLLATE "C")',
    'public.collated: column v has collation default on the source, "C" on the target',
  ),
  differing(
    'ColumnGenerated',
    'CREATE TABLE half (id int PRIMARY KEY, g int)',
    'CREATE TABLE half (id int PRIMARY KEY, g int GENERATED ALWAYS AS (1) STORED)',
    'public.half: column g is generated on one side only',
  ),
  {
    code: 'ColumnOrder',
    severity: 'error',
    source: 'CREATE TABLE ordered (id int PRIMARY KEY, v int, w int)',
    target: 'CREATE TABLE ordered (id int PRIMARY KEY, w int, v int)',
    objects: [
      'public.ordered: column v is number 2 on the source, 3 on the target',
      'public.ordered: column w is number 3 on the source, 2 on the target',
    ],
  },
  {
    code: 'AlwaysTriggers',
    severity: 'warning',
    source: 'CREATE TABLE fired (id int PRIMARY KEY)',
    target: `CREATE TABLE fired (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER own BEFORE INSERT ON fired FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE fired ENABLE ALWAYS TRIGGER own`,
    objects: ['public.fired: own'],
  },
];
