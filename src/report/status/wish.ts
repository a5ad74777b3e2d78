import type { Condition } from '../../plan/status/condition-model.ts';

/** A condition that somebody waits for. */
export interface Wish {
  /** Null for every object that has it. */
  readonly address: string | null;
  readonly type: string;
  readonly status: string;
}

/** The conditions that can be waited for. */
export const conditionTypes = [
  'SpecValid',
  'Approved',
  'InSync',
  'Ready',
  'Reachable',
  'Provisioned',
  'TriggersInstalled',
  'DaemonRunning',
  'CopyComplete',
  'Replicating',
  'Cascading',
  'Suspect',
  'Reconciling',
  'Stalled',
  'Suspended',
];

/** `Ready`, `orders/b-c:CopyComplete`, `Suspended=False`; a text says why it is none of these. */
export function parseWish(text: string): Wish | string {
  const groups = /^(?:(?<address>[a-z0-9_/-]+):)?(?<type>[A-Za-z]+)(?:=(?<status>[A-Za-z]+))?$/.exec(text)?.groups;
  const type = conditionTypes.find((one) => one.toLowerCase() === groups?.['type']?.toLowerCase());
  const status = ['True', 'False', 'Unknown'].find((one) => one.toLowerCase() === (groups?.['status'] ?? 'True').toLowerCase());
  if (groups === undefined || type === undefined || status === undefined)
    return `--wait takes a condition such as Ready, orders/b-c:CopyComplete or Suspended=False, of ${conditionTypes.join(', ')}`;
  return { address: groups['address'] ?? null, type, status };
}

export type WishState =
  | { readonly kind: 'holds' }
  | { readonly kind: 'waits'; readonly why: string }
  /** No object has such a condition. */
  | { readonly kind: 'strange'; readonly why: string };

/** Whether a wish holds: for every object that has the condition, or the one that it names. */
export function wishState({ address, type, status }: Wish, conditions: readonly Condition[]): WishState {
  const concerned = conditions.filter((one) => one.type === type && (address === null || one.address === address));
  if (concerned.length === 0) return { kind: 'strange', why: `nothing has the condition ${address === null ? '' : `${address}:`}${type}` };
  const other = concerned.find((one) => one.status !== status);
  if (other === undefined) return { kind: 'holds' };
  return {
    kind: 'waits',
    why: `${other.address} ${type}=${other.status} ${other.reason}${other.message === '' ? '' : `: ${other.message}`}`,
  };
}
