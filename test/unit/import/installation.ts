import type { InstalledDb, InstalledGoat, InstalledSync, Installation } from '../../../src/import/installation.ts';

export function db(name: string, more: Partial<InstalledDb> = {}): InstalledDb {
  return {
    name,
    type: 'postgres',
    host: `pg-${name}.internal`,
    port: '',
    dbname: 'shop',
    user: 'replicator',
    conn: '',
    service: '',
    dsn: '',
    pgpass: '',
    status: 'active',
    serverSidePrepares: true,
    makedelta: false,
    hasPassword: false,
    ...more,
  };
}

export function sync(name: string, herd: string, dbs: string, more: Partial<InstalledSync> = {}): InstalledSync {
  return { name, herd, dbs, status: 'active', autokick: true, checktimeSeconds: null, onetimecopy: 0, settings: {}, ...more };
}

export function goat(id: number, database: string, address: string, more: Partial<InstalledGoat> = {}): InstalledGoat {
  const [schema = '', name = ''] = address.split('.');
  return { id, db: database, schema, name, type: 'table', makedelta: '', settings: {}, ...more };
}

const members = (group: string, ...roles: readonly (readonly [string, string])[]): Installation['members'] =>
  roles.map(([name, role]) => ({ group, db: name, role }));

/** One control database with something of everything that hands have made with Bucardo. */
export const everything: Installation = {
  database: 'bucardo',
  managed: null,
  settings: {
    log_level: 'VERBOSE',
    kid_sleep: '0.25',
    piddir: '/run/theirs',
    email_auth_pass: 'hunter2',
    autosync_ddl: 'off',
    statement_chunk_size: '500',
  },
  dbs: [
    db('head_office', { host: '', hasPassword: true, conn: 'sslmode=require application_name=theirs password=hunter2' }),
    db('mid', { port: '5433', makedelta: true }),
    db('last'),
    db('mirror', { host: '', dbname: '', service: 'mirror', status: 'inactive', serverSidePrepares: false }),
    db('file', { type: 'flatfile', dbname: '' }),
  ],
  members: [
    ...members('to_mid', ['head_office', 'source'], ['mid', 'target']),
    ...members('to_last', ['mid', 'source'], ['last', 'target']),
    ...members('both', ['head_office', 'source'], ['mid', 'source'], ['last', 'target']),
    ...members('spread', ['head_office', 'source'], ['last', 'target'], ['mirror', 'target']),
    ...members('files', ['head_office', 'source'], ['file', 'fullcopy']),
    ...members('back', ['last', 'source'], ['head_office', 'target']),
    ...members('named', ['head_office', 'source'], ['mirror', 'target']),
  ],
  goats: [
    goat(1, 'head_office', 'sales.orders'),
    goat(2, 'head_office', 'sales.lines', { settings: { strict_checking: 'false' } }),
    goat(3, 'head_office', 'sales.orders_id_seq', { type: 'sequence' }),
    goat(4, 'mid', 'sales.orders'),
    goat(5, 'mid', 'sales.lines'),
    goat(6, 'head_office', 'public.odd*name'),
    goat(7, 'last', 'public.answers'),
    goat(8, 'head_office', 'public.idle'),
    goat(9, 'head_office', 'public.renamed'),
  ],
  herds: { head: [1, 2, 3], middle: [4, 5], odd: [6], back: [7], renamed: [9] },
  syncs: [
    sync('a_to_mid', 'head', 'to_mid', { checktimeSeconds: 90, settings: { strict_checking: 'false', deletemethod: 'truncate' } }),
    sync('b_to_last', 'middle', 'to_last', { autokick: false, status: 'inactive', onetimecopy: 2 }),
    sync('c_both', 'head', 'both', { settings: { conflict_strategy: 'bucardo_source' } }),
    sync('d_spread', 'odd', 'spread'),
    sync('e_files', 'odd', 'files'),
    sync('f_back', 'back', 'back', { checktimeSeconds: 0.5 }),
    sync('g_again', 'odd', 'to_mid'),
    sync('h_named', 'renamed', 'named'),
  ],
  customNames: [{ goat: 9, text: 'public.other', db: 'mirror', sync: '' }],
  customColumns: [{ goat: 2, text: 'SELECT id, what', db: '', sync: '' }],
  customCode: [
    { name: 'mailer', whenrun: 'after_sync', sync: 'h_named', goat: null },
    { name: 'referee', whenrun: 'conflict', sync: 'c_both', goat: null },
  ],
};
