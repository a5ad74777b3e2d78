import type { QueryResultRow } from 'pg';
import type { Queryable } from '../postgres/session.ts';
import {
  type CopyRequest,
  EMPTY_LEDGER,
  type FormerDefinition,
  type Ledger,
  type LedgerLink,
  type LinkIdentities,
  type Recopy,
  type Receipt,
  type Suspicion,
} from './model.ts';
import type { LeftInstance } from '../topology/model.ts';
import { freshNames, type LinkNames } from '../topology/names.ts';
import { readHeals } from './heals.ts';
import { readLastWords } from './last-words.ts';
import { readSeen } from './seen.ts';
import { readMarks } from './marks.ts';
import { readSuspensions } from './suspensions.ts';
import { LOCK_KEYS } from './tables.ts';

interface LinkRow extends QueryResultRow {
  address: string;
  sync: string;
  instance: string;
  names?: Omit<LinkNames, 'sync' | 'instance'> | null;
  leaves?: LeftInstance[] | null;
  identities?: LinkIdentities | null;
  definition: FormerDefinition | null;
  definition_hash: string | null;
  request: CopyRequest | null;
  receipt: Receipt | null;
  proved_at: number | null;
  created_at: Date;
  copying?: string[] | null;
  recopy?: Recopy | null;
  suspects?: Suspicion[] | null;
  accepted?: string[] | null;
}

/** Reads the whole ledger through a session on its database. */
export async function readLedger(session: Queryable): Promise<Ledger> {
  const there =
    (await session.query<{ there: boolean }>("SELECT to_regclass('goatherd.link') IS NOT NULL AS there")).rows[0]?.there === true;
  const marked = await readMarks(session);
  if (!there) return { ...EMPTY_LEDGER, marked };
  const version = (await session.query<{ value: string }>("SELECT value FROM goatherd.meta WHERE key = 'version'")).rows[0]?.value;
  const links = (await session.query<LinkRow>('SELECT * FROM goatherd.link ORDER BY address')).rows;
  const approvals = (
    await session.query<{ id: string; topology: string; step: string; approved_by: string; over_cap?: boolean }>(
      'SELECT * FROM goatherd.approval ORDER BY topology, step, id',
    )
  ).rows;
  return {
    present: true,
    version: Number(version ?? 0),
    links: Object.fromEntries(links.map((row): [string, LedgerLink] => [row.address, linkOf(row)])),
    approvals: approvals.map((row) => ({
      id: row.id,
      topology: row.topology,
      step: row.step,
      by: row.approved_by,
      overCap: row.over_cap ?? true,
    })),
    suspensions: await readSuspensions(session),
    words: await readLastWords(session),
    heals: await readHeals(session),
    seen: await readSeen(session),
    marked,
    holder: await lockHolder(session),
  };
}

function linkOf(row: LinkRow): LedgerLink {
  return {
    address: row.address,
    names: namesOf(row),
    leaves: row.leaves ?? [],
    identities: row.identities ?? { from: null, to: null },
    definition: row.definition,
    appliedDefinition: row.definition_hash,
    request: row.request,
    receipt: row.receipt,
    copying: row.copying ?? [],
    recopy: row.recopy ?? null,
    suspects: row.suspects ?? [],
    accepted: row.accepted ?? [],
    provedAt: row.proved_at,
    since: row.created_at.toISOString(),
  };
}

/** A row of a ledger that kept only two names is that of a link with fresh ones. */
function namesOf({ address, sync, instance, names }: LinkRow): LinkNames {
  if (names !== null && names !== undefined) return { ...names, sync, instance };
  const [topology = '', id = ''] = address.split('/');
  const [from = '', to = ''] = id.split('-');
  return freshNames(topology, from, to, instance === sync ? null : instance.slice(topology.length + 1));
}

/** Who holds the lock of rule 17: the application_name of its session, which names command, host, pid and since when. */
export async function lockHolder(session: Queryable): Promise<string | null> {
  const { rows } = await session.query<{ holder: string }>(
    `SELECT a.application_name || ', since ' || to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"') AS holder
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1 AND l.objid = $2 AND l.objsubid = 2
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [...LOCK_KEYS],
  );
  return rows[0]?.holder ?? null;
}
