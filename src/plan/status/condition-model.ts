/** One thing that is true, false or unknown of a controller, topology, database or link: with why and since when. Pure data. */
export interface Condition {
  /** `controller`, `orders`, `orders/a` or `orders/a-b`. */
  readonly address: string;
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase, of a closed set: fit for labels. */
  readonly reason: string;
  /** Free text for people. */
  readonly message: string;
  /** When `status` last changed, epoch milliseconds. */
  readonly since: number;
  readonly observedRevision: string | null;
}

/** All normal-True but `Suspect`, `Reconciling`, `Stalled` and `Suspended`. */
export type ConditionType =
  | 'SourceReady'
  | 'LockHeld'
  | 'SpecValid'
  | 'Approved'
  | 'InSync'
  | 'Ready'
  | 'Reachable'
  | 'Provisioned'
  | 'TriggersInstalled'
  | 'DaemonRunning'
  | 'CopyComplete'
  | 'Replicating'
  | 'Cascading'
  | 'Suspect'
  | 'Reconciling'
  | 'Stalled'
  | 'Suspended';
