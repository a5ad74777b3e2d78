import type { Ledger } from '../../../ledger/model.ts';
import type { ControlSync } from '../../../observe/control-model.ts';
import type { Topology } from '../../../topology/model.ts';
import type { LinkNames } from '../../../topology/names.ts';
import type { Diagnostic } from '../../model.ts';

/** A link that only the mark on its control database still tells of. */
export interface ForgottenLink {
  readonly address: string;
  /** `b-c`. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly names: LinkNames;
}

/** Control databases by instance, as far as they were looked at. */
type Instances = Readonly<Record<string, { readonly control: { readonly syncs: readonly Pick<ControlSync, 'name'>[] } | null }>>;

/**
 * Links of this topology that neither its file nor the ledger names, and that stand: the ledger was lost, or an older one was restored, after
 * their lines left the file. Nobody approved their removal, so nothing that serves them is taken away.
 */
export function forgottenLinks(topology: Topology, ledger: Ledger, instances: Instances): readonly ForgottenLink[] {
  const named = new Set([...topology.links.map((link) => link.address), ...Object.keys(ledger.links)]);
  // A row that was renamed keeps its sync, whatever its marks say until they are written anew, also in an instance that it has to leave.
  const known = new Set(
    [...Object.values(ledger.links).map(({ names, leaves }) => ({ ...names, leaves })), ...topology.links].flatMap(
      ({ control, sync, leaves }) => [{ control }, ...(leaves ?? [])].map((one) => `${one.control} ${sync}`),
    ),
  );
  return Object.entries(ledger.marked ?? {}).flatMap(([address, marks]) =>
    marks
      .filter(({ control, sync, instance }) => {
        const seen = instances[instance]?.control ?? null;
        return !known.has(`${control} ${sync}`) && (seen === null || seen.syncs.some((one) => one.name === sync));
      })
      .slice(0, address.startsWith(`${topology.name}/`) && !named.has(address) ? 1 : 0)
      .map((names) => {
        const id = address.slice(topology.name.length + 1);
        const [from = '', to = ''] = id.split('-');
        return { address, id, from, to, names };
      }),
  );
}

/** Each of them, each time: with what makes it known again. */
export function forgottenWarnings(forgotten: readonly ForgottenLink[]): readonly Diagnostic[] {
  return forgotten.map(({ address, id, from, to, names }) => ({
    severity: 'warning',
    code: 'LinkForgotten',
    address,
    message: `control database ${names.control} says that ${id} is in it, and neither the file nor the ledger knows it: the ledger was lost or restored. What stands for it is left as it is, and ${from} goes on recording for ${to}`,
    objects: [],
    hint: `put \`${from} -> ${to}\` back into \`links\` and reconcile: it is known again without a copy; to remove it, take the line out after that`,
    at: null,
  }));
}
