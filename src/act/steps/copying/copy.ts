import { deltaTable, makerName, quoteIdent, quoteTable } from '../../../bucardo/names.ts';
import type { Work } from '../../../plan/work-model.ts';
import type { Link } from '../../../topology/model.ts';
import { type ActContext, done, failed, linkAt, nextLookMs, type Outcome, remembered } from '../../context.ts';
import { copyProgress } from './copy-progress.ts';
import { logFile } from '../daemons/daemon.ts';
import { lookAtDaemon, lookAtProgress } from '../../instance-look.ts';
import { kick } from '../../kick.ts';
import { passOnCopied } from './pass-on.ts';
import { tableAt } from '../triggers.ts';
import { plural } from '../../../lib/format.ts';

/** A copy that fails this often in a row needs a person. */
const FAILURES = 3;

/** The gate of rule 1: Bucardo's flag is down, and a run that began after the question ended well. */
export async function waitForCopy(context: ActContext, work: Extract<Work, { kind: 'wait_copy' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const [control, daemon] = await Promise.all([lookAtProgress(context, work.instance), lookAtDaemon(context, work.instance)]);
  const asked = (await askedAt(context, work.link)) ?? Number.POSITIVE_INFINITY;
  const sync = control.syncs.find((one) => one.name === link.sync);
  const runs = control.runs[link.sync];
  if (sync?.onetimecopy === 0 && runs?.lastGood !== null && runs !== undefined && runs.lastGood.startedAt >= asked)
    return done(plural(work.tables.length, 'table'));
  if (daemon.masterPid === null) return { state: 'moved', why: `the daemon of ${link.id} is gone` };
  const bad = runs?.lastBad ?? null;
  const failures = remembered(context, `failures ${work.link}`, () => new Set<number>());
  if (bad !== null && bad.startedAt >= asked) failures.add(bad.startedAt);
  if (failures.size >= FAILURES)
    return failed(
      'CopyFailed',
      `the copy of ${link.id} failed ${failures.size} times: ${bad?.error ?? ''}`,
      `see ${logFile(context, work.instance)}`,
    );
  if (runs?.running === null || runs === undefined) await kick(context, link);
  const progress = await copyProgress(context, link, work.tables);
  const waitingFor =
    bad !== null && bad.startedAt >= asked
      ? `another try: ${bad.error.slice(0, 200)}`
      : progress.now === undefined && runs?.running === null
        ? 'the copy to begin'
        : undefined;
  return {
    state: 'pending',
    progress: { ...progress, ...(waitingFor === undefined ? {} : { waitingFor }) },
    retryMs: nextLookMs(context, 'the copy'),
  };
}

/** When the ledger says that Bucardo was asked; the plan may be older than the question. */
async function askedAt(context: ActContext, address: string): Promise<number | null> {
  const rows = await context.access
    .hub(context.config.ledger)
    .query<{ at: number | null }>("SELECT (request->>'askedAt')::float8 AS at FROM goatherd.link WHERE address = $1", [address]);
  return rows[0]?.at ?? null;
}

/** Whether the link's source receives rows that it does not write down for this link. */
function receivesUnnoted(context: ActContext, link: Link): boolean {
  const cascade = context.topology.databases.find((database) => database.name === link.from)?.cascade;
  return cascade === false && context.topology.links.some((one) => one.to === link.from);
}

interface Counts {
  readonly address: string;
  readonly rows: number;
}

/** How long a target may stay behind its source after the copy before the copy is called incomplete. */
const SETTLES_WITHIN_MS = 120_000;

/**
 * The receipt of a copy, given when every table was compared (rule 6): the numbers of rows differ by no more than the changes that the
 * triggers noted since. A difference that changes explain goes away by itself, and is looked at again.
 */
export async function writeReceipt(context: ActContext, work: Extract<Work, { kind: 'receipt' }>): Promise<Outcome> {
  const link = linkAt(context, work.link);
  const startedAt = remembered(context, `receipt ${work.link}`, () => context.clock.now());
  const [left, right] = await Promise.all([countAll(context, link.from, work.copied), countAll(context, link.to, work.copied)]);
  // Counted last: it bounds what was written while both sides were counted.
  const deltas = await countDeltas(context, link, work.copied);
  // Where the source receives rows and does not pass them on, nothing there counts what came meanwhile.
  const counted = !receivesUnnoted(context, link);
  const short = left.filter((one, index) => {
    const there = right[index]?.rows ?? 0;
    return counted ? Math.abs(one.rows - there) > (deltas.get(one.address) ?? 0) : one.rows > 0 && there === 0;
  });
  if (short.length > 0) {
    const named = short
      .slice(0, 5)
      .map((one) => `${one.address} (${one.rows} and ${right.find((other) => other.address === one.address)?.rows ?? 0} rows)`)
      .join(', ');
    const late = context.clock.now() - startedAt > SETTLES_WITHIN_MS;
    const asked = remembered(context, `asked again ${work.link}`, () => ({ again: false }));
    if (late || (!counted && !asked.again)) {
      // When it is late, the next run asks for the copy once more: a flag that was lost would otherwise be taken for a copy that ended.
      const request = await context.ledger.copies.readRequest(work.link);
      if (request !== null) await context.ledger.copies.saveRequest(work.link, { ...request, askedAt: null });
      asked.again = true;
      // Where nothing counts what comes, the first rows of a table may have come after the copy, and waiting does not bring them.
      if (!late) return { state: 'moved', why: `the copy of ${link.id} is asked for once more: it filled nothing of ${named}` };
      return failed(
        'CopyIncomplete',
        `after the copy of ${link.id}, ${short.length} tables differ: ${named}`,
        'Bucardo leaves out a table whose target holds a row: empty these on the target, and run goatherd again',
      );
    }
    return {
      state: 'pending',
      progress: {
        done: work.copied.length - short.length,
        total: work.copied.length,
        unit: 'tables',
        waitingFor: `equal counts of ${named}`,
      },
      retryMs: nextLookMs(context, 'equal counts'),
    };
  }
  const rows = right.reduce((sum, one) => sum + one.rows, 0);
  const endedAt =
    (
      await context.access
        .control(work.instance)
        .query<{ now: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now')
    )[0]?.now ?? 0;
  const noted = await passOnCopied(context, link, work.copied);
  const generation = (await context.ledger.copies.readRequest(work.link))?.generation ?? link.copyGeneration;
  await context.ledger.copies.saveReceipt(work.link, {
    mode: link.copyData,
    generation,
    copied: work.copied,
    skipped: work.skipped,
    rows,
    endedAt,
  });
  return done(
    `${plural(work.copied.length, 'table')}, ${plural(rows, 'row')}${noted === 0 ? '' : `; ${plural(noted, 'key')} noted for the links below`}`,
  );
}

const COUNTED_AT_ONCE = 200;

async function countAll(context: ActContext, database: string, addresses: readonly string[]): Promise<Counts[]> {
  const counts: Counts[] = [];
  for (let start = 0; start < addresses.length; start += COUNTED_AT_ONCE) {
    const batch = addresses.slice(start, start + COUNTED_AT_ONCE);
    const text = batch.map((address, index) => {
      const { schema, table } = tableAt(context, database, address);
      return `SELECT ${index} AS index, (SELECT count(*) FROM ONLY ${quoteTable(schema, table)}) AS rows`;
    });
    const rows = await context.access.database(database).query<{ index: number; rows: string }>(text.join(' UNION ALL '));
    for (const row of rows) counts.push({ address: batch[row.index] ?? '', rows: Number(row.rows) });
    context.progress({
      done: Math.min(start + COUNTED_AT_ONCE, addresses.length),
      total: addresses.length,
      unit: 'tables',
      now: `counting on ${database}`,
    });
  }
  return counts;
}

/** Changes that the triggers noted and nobody purged: an upper bound of what the target may lack or have in excess. */
async function countDeltas(context: ActContext, link: Link, addresses: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let start = 0; start < addresses.length; start += COUNTED_AT_ONCE) {
    const batch = addresses.slice(start, start + COUNTED_AT_ONCE);
    const text = batch.map((address, index) => {
      const { schema, table } = tableAt(context, link.from, address);
      return `SELECT ${index} AS index, (SELECT count(*) FROM bucardo.${quoteIdent(deltaTable(makerName(schema, table)))}) AS rows`;
    });
    for (const row of await context.access.database(link.from).query<{ index: number; rows: string }>(text.join(' UNION ALL ')))
      counts.set(batch[row.index] ?? '', Number(row.rows));
  }
  return counts;
}
