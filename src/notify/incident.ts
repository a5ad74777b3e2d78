import type { Condition } from '../plan/status/condition-model.ts';
import { toneOfCondition } from '../report/html/tone.ts';

/** `error`: something does not replicate, or nothing can act. `warning`: it wants a person, or a look. */
export type Severity = 'warning' | 'error';

/** What a person may have to hear of: one condition that is not as it should be. */
export interface Incident {
  /** Address and type: what makes two of them the same. */
  readonly key: string;
  readonly severity: Severity;
  readonly condition: Condition;
}

/**
 * Conditions that a person hears of. Of a link only `Ready`, whose reason is the first cause; of a topology what is of its own, not what its
 * links say already. What waits, copies, is stopped by a person or cannot be seen is no news: that a database or the hub is away is said once,
 * by `Reachable` and `LockHeld`.
 */
export function incidentsOf(conditions: readonly Condition[]): readonly Incident[] {
  return conditions.flatMap((condition): Incident[] => {
    const severity = isHeard(condition) ? severityOf(condition) : null;
    return severity === null ? [] : [{ key: keyOf(condition), severity, condition }];
  });
}

export function keyOf({ address, type }: Pick<Condition, 'address' | 'type'>): string {
  return `${address} ${type}`;
}

function isHeard({ address, type, reason }: Condition): boolean {
  switch (type) {
    case 'SourceReady':
    case 'LockHeld':
    case 'SpecValid':
    case 'Approved':
    case 'Reachable':
    case 'Suspect':
      return true;
    case 'Ready':
      return address.includes('/') && reason !== 'ApprovalMissing';
    case 'InSync':
      return reason === 'Contended' || reason === 'Blocked';
    case 'Stalled':
      return reason === 'TerminalError';
    case 'Provisioned':
    case 'TriggersInstalled':
    case 'DaemonRunning':
    case 'CopyComplete':
    case 'Replicating':
    case 'Cascading':
    case 'Reconciling':
    case 'Suspended':
      return false;
  }
}

function severityOf(condition: Condition): Severity | null {
  switch (toneOfCondition(condition)) {
    case 'bad':
      return 'error';
    case 'warn':
      return 'warning';
    case 'good':
    case 'busy':
    case 'off':
      return null;
  }
}
