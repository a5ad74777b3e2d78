import { targetName } from '../../bucardo/names.ts';
import type { Ledger } from '../../ledger/model.ts';
import { formatTimestamp, plural } from '../../lib/format.ts';
import type { Unpurged } from '../../observe/model.ts';
import type { Topology } from '../../topology/model.ts';
import type { LinkStatus, UnpurgedStatus } from './status-model.ts';

type Reason = Pick<UnpurgedStatus['reasons'][number], 'reason' | 'message'>;

/** What each source keeps of what its targets got, and why, as far as it can be told: no health of a link, but the disk of the source. */
export function unpurgedOf(
  topology: Topology,
  ledger: Ledger,
  links: readonly LinkStatus[],
  measured: Readonly<Record<string, Unpurged>>,
): readonly UnpurgedStatus[] {
  return Object.entries(measured)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([database, seen]): UnpurgedStatus => {
      const rows = new Map<string, Reason & { readonly rows: number }>();
      for (const part of seen.parts) {
        for (const reason of reasonsOf(topology, ledger, links, database, seen, part)) {
          const before = rows.get(reason.message)?.rows ?? 0;
          rows.set(reason.message, { ...reason, rows: before + part.rows });
        }
      }
      return {
        database,
        rows: seen.parts.reduce((sum, part) => sum + part.rows, 0),
        since: seen.parts.length === 0 ? null : Math.min(...seen.parts.map((part) => part.oldestAt)),
        reasons: [...rows.values()].toSorted((one, other) => other.rows - one.rows || (one.message < other.message ? -1 : 1)),
      };
    });
}

/** In a sentence, for people; none where nothing stays. */
export function unpurgedText({ database, rows, since, reasons }: UnpurgedStatus): readonly string[] {
  if (rows === 0 || since === null) return [];
  const why = reasons.map((one) => (reasons.length === 1 ? one.message : `${one.message} (${plural(one.rows, 'row')})`)).join('; ');
  return [`${plural(rows, 'delivered change')} not purged on ${database}, the oldest of ${formatTimestamp(since)}: ${why}`];
}

/** Several where several targets lack the same rows. */
function reasonsOf(
  topology: Topology,
  ledger: Ledger,
  links: readonly LinkStatus[],
  database: string,
  { targets, purgers }: Unpurged,
  { missing, miscounted }: Unpurged['parts'][number],
): readonly Reason[] {
  if (missing.length > 0) return missing.map((target) => lacking(topology, ledger, links, database, target));
  if (targets > 1)
    return [
      {
        reason: 'NoPurge',
        message: `every target has them; ${database} has ${targets} targets, where goatherd purges and not Bucardo: at the end of a reconcile, or every five minutes by the controller`,
      },
    ];
  if (miscounted)
    return [
      {
        reason: 'Miscounted',
        message:
          "their delivery is noted more than once, or for a target that bucardo_delta_targets does not name, and Bucardo's purge leaves such changes alone",
      },
    ];
  const held = [...new Set(purgers.flatMap((one) => one.waitsFor))];
  if (held.length > 0) return [{ reason: 'PurgeWaits', message: `Bucardo's purge waits for a lock that pid ${held.join(', ')} holds` }];
  if (purgers.length === 0) return [{ reason: 'NoPurge', message: `no VAC process of Bucardo, which purges, is connected to ${database}` }];
  return [{ reason: 'PurgeDue', message: "every target has them, and Bucardo's VAC process, which purges every two minutes, lives" }];
}

function lacking(topology: Topology, ledger: Ledger, links: readonly LinkStatus[], database: string, target: string): Reason {
  const own = topology.links.find((link) => link.from === database && targetName(link.dbgroup) === target);
  if (own !== undefined) {
    const state = links.find((link) => link.address === own.address)?.state;
    return { reason: 'TargetBehind', message: `${own.id} has not got them${state === undefined ? '' : `: ${state}`}` };
  }
  const other = Object.values(ledger.links).find(
    (link) => targetName(link.names.dbgroup) === target && !link.address.startsWith(`${topology.name}/`),
  );
  if (other !== undefined) return { reason: 'TargetBehind', message: `${other.address} has not got them` };
  return { reason: 'UnknownTarget', message: `${target} has not got them, and no link that is known here serves it` };
}
