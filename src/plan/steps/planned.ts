import type { Carried } from '../view/carried.ts';
import { mustAskForCopy, receiptOf } from '../view/copies/copy.ts';
import type { LinkView } from '../view/link-view.ts';
import type { Recopy } from '../view/copies/recopy.ts';
import { stepId } from './step-ids.ts';

/** One link with what it carries, and whether it may act. */
export interface Planned {
  readonly view: LinkView;
  readonly carried: Carried;
  /** What it copies again. */
  readonly recopy: Recopy | null;
}

/** Every step that has to come before a link is activated: its preparation and that of what its changes need. */
export function preparation(planned: Planned): string[] {
  const { view } = planned;
  return [
    stepId.register(view),
    stepId.helpers(view),
    stepId.triggers(view),
    stepId.rekey(view),
    stepId.membership(view),
    stepId.makedelta(view),
    stepId.settings(view.link.instance),
  ];
}

export const wantsRunning = (view: LinkView): boolean => view.link.state === 'running';

/** Whether it has to stand still until tables of it have been copied again. */
export const copiesAgain = ({ recopy }: Planned): boolean => recopy !== null && recopy.acts && recopy.tables.length > 0;

/** That nothing runs there is no drift: its tables are copied again, or were and it is not active yet. */
export const standsStill = ({ view, recopy }: Planned): boolean => recopy?.acts === true || (view.ledger?.recopy ?? null) !== null;

/** Whether the sync's row has to change before its daemon may run it. */
export function needsActivation(planned: Planned): boolean {
  const { view } = planned;
  return (
    copiesAgain(planned) ||
    mustAskForCopy(view) ||
    view.sync?.status !== 'active' ||
    (!receiptOf(view) && (view.ledger?.request?.askedAt ?? null) === null)
  );
}
