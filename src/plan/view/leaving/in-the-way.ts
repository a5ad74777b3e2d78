import type { Ledger } from '../../../ledger/model.ts';
import type { Observation } from '../../../observe/model.ts';
import { certainOverlap, matchesSelection } from '../../../topology/glob.ts';
import type { Link } from '../../../topology/model.ts';
import type { Diagnostic } from '../../model.ts';
import type { ForgottenLink } from '../remembered/forgotten.ts';

/**
 * Links of the file that cannot stand beside one that it no longer names and that is still there, by address, with the reason: both would
 * write the same tables, or close a circle. Each was sound where the other was not.
 */
export function linksInTheWay(declared: readonly Link[], former: readonly Link[], observation: Observation): ReadonlyMap<string, string> {
  return new Map(
    declared.flatMap((link): [string, string][] => {
      const rival =
        former.find((one) => one.to === link.to && shareTables(one, link, observation)) ??
        former.find((one) => reaches([...declared, ...former], link.to, one.from) && reaches([...declared, ...former], one.to, link.from));
      return rival === undefined ? [] : [[link.address, `waits for the removal of ${rival.id}`]];
    }),
  );
}

/** Links that have no copy yet and would write tables that a link writes of which only its mark tells; by address, with the reason. */
export function behindForgotten(
  declared: readonly Link[],
  forgotten: readonly ForgottenLink[],
  observation: Observation,
  ledger: Ledger,
): ReadonlyMap<string, string> {
  return new Map(
    declared
      .filter((link) => (ledger.links[link.address]?.receipt ?? null) === null)
      .flatMap((link): [string, string][] => {
        const rival = forgotten.find((one) => one.to === link.to && mayWrite(one, link, observation));
        return rival === undefined ? [] : [[link.address, `waits for ${rival.id}, which neither the file nor the ledger knows`]];
      }),
  );
}

function mayWrite({ names }: ForgottenLink, link: Link, observation: Observation): boolean {
  const control = observation.instances[names.instance]?.control ?? null;
  if (control === null) return true;
  if (control.syncs.find((sync) => sync.name === names.sync)?.status !== 'active') return false;
  const members = new Set(control.herds[names.relgroup]);
  return control.goats.some((goat) => members.has(goat.id) && matchesSelection(link.tables, goat.address));
}

/** That these links wait, each time. `removals`: for the removal of another one; `unknown`: for one that only its mark tells of. */
export function rivalWarnings(removals: ReadonlyMap<string, string>, unknown: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const warning = (address: string, message: string, hint: string): Diagnostic => ({
    severity: 'warning',
    code: 'RemovalFirst',
    address,
    message: `${message}: the two cannot stand side by side`,
    objects: [],
    hint,
    at: null,
  });
  return [
    ...[...removals].map(([address, reason]) =>
      warning(address, `${reason}, which its file no longer names`, 'approve the removal, or put its line back'),
    ),
    ...[...unknown].map(([address, reason]) =>
      warning(address, reason, 'put its line back and reconcile: it is known again, and is removed when its line is taken out after that'),
    ),
  ];
}

/** Whether changes on one database come to the other, itself included. */
function reaches(links: readonly Link[], from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const name of seen) for (const link of links) if (link.from === name) seen.add(link.to);
  return seen.has(to);
}

/** What certainly overlaps, and what does by the tables that are there. */
function shareTables(one: Link, other: Link, observation: Observation): boolean {
  if (certainOverlap(one.tables, other.tables) !== undefined) return true;
  const target = observation.databases[one.to];
  const tables = target?.reachable === true ? target.tables : [];
  return tables.some((table) => matchesSelection(one.tables, table.address) && matchesSelection(other.tables, table.address));
}
