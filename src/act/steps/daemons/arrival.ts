import { deltaTable, makerName, quoteIdent, quoteTable, targetName, trackTable } from '../../../bucardo/names.ts';
import { GoatherdError } from '../../../lib/errors.ts';
import type { Work } from '../../../plan/work-model.ts';
import { UNDEFINED_DATABASE } from '../../../postgres/sqlstate.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, done, failed, linkAt, nextLookMs, type Outcome, remembered } from '../../context.ts';
import { logFile } from './daemon.ts';
import { lookAtControl, lookAtDaemon, lookAtProgress } from '../../instance-look.ts';
import { kick } from '../../kick.ts';
import { carriedTables, proofTables } from './proof-tables.ts';
import { tableAt } from '../triggers.ts';

/** A run of the link that began after its daemon did, and so with makedelta in effect, has ended well (rule 1). */
export async function waitForRun(context: ActContext, work: Extract<Work, { kind: 'wait_run' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const [control, daemon] = await Promise.all([lookAtProgress(context, work.instance), lookAtDaemon(context, work.instance)]);
  const good = control.runs[link.sync]?.lastGood ?? null;
  if (daemon.masterPid === null || daemon.startedAt === null) return { state: 'moved', why: `the daemon of ${link.id} is gone` };
  // Facts that changed after the plan was made are those of other links of the instance: this run needs what the plan named.
  if (daemon.startedAt >= work.since && good !== null && good.startedAt > daemon.startedAt) return done();
  await kick(context, link);
  return {
    state: 'pending',
    progress: { done: 0, total: 1, unit: 'runs', waitingFor: `a run of ${link.id} that began after its daemon` },
    retryMs: nextLookMs(context, 'the run'),
  };
}

/** One hop of the proof: the key noted on the link's source, and when. */
interface Hop {
  readonly table: string;
  /** The delta row's txntime, as text with microseconds. */
  readonly txntime: string;
}

interface Proof {
  readonly hops: Map<string, Hop>;
  readonly arrived: Set<string>;
  readonly startedAt: number;
  /** The clock of each link's source when the proof began, whole seconds as the delta default keeps them. */
  readonly clocks: Map<string, string>;
  /** By link address: the clock of its control database when a run of it was first waited for, epoch milliseconds. */
  readonly runsSince: Map<string, number>;
  /** What each link carried when the proof began, by link address. */
  readonly carried: Map<string, ReadonlySet<string>>;
}

const PROVES_WITHIN_MS = 300_000;

/**
 * Proves that changes arrive (rule 21): one existing key of a copied table is noted as changed in the source's delta table and seen
 * delivered on every hop. Bucardo then rewrites that row below with the value it has; no row of a user is written by us.
 */
export async function proveArrival(context: ActContext, work: Extract<Work, { kind: 'arrival' }>): Promise<Outcome> {
  const proof = remembered<Proof>(context, 'arrival', () => ({
    hops: new Map(),
    arrived: new Set(),
    startedAt: context.clock.now(),
    clocks: new Map(),
    runsSince: new Map(),
    carried: new Map(),
  }));
  const links = context.topology.links.filter((link) => work.links.includes(link.address));
  for (const { from } of links) if (!proof.clocks.has(from)) proof.clocks.set(from, await clockOf(context, from));
  if (proof.carried.size === 0)
    for (const link of context.topology.links)
      proof.carried.set(link.address, carriedTables(context, link, await membersNow(context, link)));
  let waiting: Link | null = null;
  for (const link of links) {
    if (proof.arrived.has(link.address)) continue;
    const above = fedBy(context, links, link);
    // What the link above brings is this hop's proof: a key noted here would show nothing of makedelta. Where it has none, nothing is awaited.
    if (above !== undefined && !proof.arrived.has(above.address) && !proof.runsSince.has(above.address)) continue;
    const keyless = proof.runsSince.has(link.address);
    const hop = proof.hops.get(link.address) ?? (keyless ? null : await beginHop(context, proof, link, above));
    if (hop === null ? await ranSince(context, proof, link) : await delivered(context, link, hop)) {
      proof.arrived.add(link.address);
      await context.ledger.saveProof(link.address, context.clock.now());
      continue;
    }
    await kick(context, link);
    waiting ??= link;
  }
  if (waiting === null) return done(`seen on ${links.map((link) => link.to).join(', ')}`);
  if (context.clock.now() - proof.startedAt > PROVES_WITHIN_MS) {
    const error = (await lookAtProgress(context, waiting.instance)).runs[waiting.sync]?.lastBad?.error ?? 'no run failed';
    return failed(
      'NotArrived',
      `a change on ${waiting.from} was not seen on ${waiting.to} within ${PROVES_WITHIN_MS / 1000} s: ${error}`,
      `see ${logFile(context, waiting.instance)}`,
    );
  }
  return {
    state: 'pending',
    progress: {
      done: proof.arrived.size,
      total: links.length,
      unit: 'links',
      waitingFor: `the key noted on ${waiting.from} to reach ${waiting.to}`,
    },
    retryMs: nextLookMs(context, 'the arrival'),
  };
}

/** The link that is proved too and whose changes this one passes on, if any. */
function fedBy(context: ActContext, proved: readonly Link[], link: Link): Link | undefined {
  const passesOn = context.topology.databases.find((database) => database.name === link.from)?.cascade === true;
  return passesOn ? proved.find((one) => one.to === link.from) : undefined;
}

/** What stands in a link's relgroup; nothing where a blocked link has no control database yet, or one on its way out none any more. */
async function membersNow(context: ActContext, link: Link): Promise<ReadonlySet<string>> {
  try {
    const { goats, herds } = await lookAtControl(context, link.instance);
    const ids = new Set(herds[link.relgroup]);
    return new Set(goats.filter((goat) => goat.db === link.aliases.from && ids.has(goat.id)).map((goat) => goat.address));
  } catch (error) {
    if (error instanceof GoatherdError && error.code === UNDEFINED_DATABASE) return new Set();
    throw error;
  }
}

/** Where no key can be noted, a run that began since and ended well has to do: it looked at every table of the link. */
async function ranSince(context: ActContext, proof: Proof, link: Link): Promise<boolean> {
  const since = proof.runsSince.get(link.address);
  if (since === undefined) {
    const rows = await context.access
      .control(link.instance)
      .query<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
    proof.runsSince.set(link.address, rows[0]?.now ?? Number.POSITIVE_INFINITY);
    return false;
  }
  const good = (await lookAtProgress(context, link.instance)).runs[link.sync]?.lastGood ?? null;
  return good !== null && good.startedAt > since;
}

/** Notes a key on the link's source, or takes the one that the hop above brought there. Null: there is nothing to prove it with. */
async function beginHop(context: ActContext, proof: Proof, link: Link, above: Link | undefined): Promise<Hop | null> {
  const aboveHop = above === undefined ? undefined : proof.hops.get(above.address);
  if (aboveHop !== undefined && proof.carried.get(link.address)?.has(aboveHop.table) === true) {
    const hop = await broughtBy(context, link, aboveHop, proof);
    if (hop !== null) proof.hops.set(link.address, hop);
    return hop ?? { table: aboveHop.table, txntime: '' };
  }
  const hop = await noteKey(context, link, proofTables(context, proof.carried, link));
  if (hop !== null) proof.hops.set(link.address, hop);
  return hop;
}

async function clockOf(context: ActContext, database: string): Promise<string> {
  const rows = await context.access
    .database(database)
    .query<{ now: string }>("SELECT date_trunc('second', clock_timestamp())::text AS now");
  return rows[0]?.now ?? '';
}

/** The row that makedelta wrote on the middle database for the key of the hop above. */
async function broughtBy(context: ActContext, link: Link, above: Hop, proof: Proof): Promise<Hop | null> {
  const { schema, table } = tableAt(context, link.from, above.table);
  const delta = `bucardo.${quoteIdent(deltaTable(makerName(schema, table)))}`;
  const since = proof.clocks.get(link.from);
  const rows = await context.access
    .database(link.from)
    .query<{ txntime: string }>(`SELECT max(txntime)::text AS txntime FROM ${delta} WHERE txntime >= $1`, [since]);
  return rows[0]?.txntime === undefined || rows[0].txntime === null ? null : { table: above.table, txntime: rows[0].txntime };
}

const TRIED_AT_ONCE = 50;

/** Writes one existing key of the first table that has a row into its delta table. */
async function noteKey(context: ActContext, link: Link, tables: readonly string[]): Promise<Hop | null> {
  const source = context.observation.databases[link.from];
  const session = context.access.database(link.from);
  for (const address of tables.slice(0, TRIED_AT_ONCE)) {
    const observed = source?.reachable === true ? source.tables.find((table) => table.address === address) : undefined;
    if (observed === undefined || observed.key === null) continue;
    const keys = observed.key.columns.map(quoteIdent).join(', ');
    const delta = `bucardo.${quoteIdent(deltaTable(makerName(observed.schema, observed.name)))}`;
    const rows = await session.query<{ txntime: string }>(
      `INSERT INTO ${delta} (${keys}) SELECT ${keys} FROM ONLY ${quoteTable(observed.schema, observed.name)} LIMIT 1 RETURNING txntime::text`,
    );
    if (rows[0] !== undefined) return { table: address, txntime: rows[0].txntime };
  }
  return null;
}

/** Tracked for the link's dbgroup: the target committed it before (FACTS 4.8). A row that is purged by now was delivered, too. */
async function delivered(context: ActContext, link: Link, hop: Hop): Promise<boolean> {
  if (hop.txntime === '') return false;
  const { schema, table } = tableAt(context, link.from, hop.table);
  const maker = makerName(schema, table);
  const rows = await context.access.database(link.from).query<{ there: boolean; tracked: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM bucardo.${quoteIdent(deltaTable(maker))} WHERE txntime = $1) AS there,
            EXISTS (SELECT 1 FROM bucardo.${quoteIdent(trackTable(maker))} WHERE txntime = $1 AND target = $2) AS tracked`,
    [hop.txntime, targetName(link.dbgroup)],
  );
  return rows[0]?.tracked === true || rows[0]?.there === false;
}
