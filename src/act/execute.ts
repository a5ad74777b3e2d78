import { GoatherdError, messageOf } from '../lib/errors.ts';
import type { Step } from '../plan/step-model.ts';
import { activate, deactivate, emptyTables, markTruncates } from './steps/daemons/activation.ts';
import { adopt } from './steps/adoption.ts';
import { proveArrival, waitForRun } from './steps/daemons/arrival.ts';
import type { ActContext, Outcome } from './context.ts';
import { changeSettings, makeControlDatabase } from './steps/control-database.ts';
import { waitForCopy, writeReceipt } from './steps/copying/copy.ts';
import { copyTablesAgain, noteRecopy } from './steps/copying/copy-again.ts';
import { copyTables } from './steps/copying/copy-tables.ts';
import { startDaemon, stopDaemon } from './steps/daemons/daemon.ts';
import { dropControl, leaveInstance, moveLink } from './steps/leaving/drop-control.ts';
import { resend } from './steps/copying/resend.ts';
import { rekey } from './steps/rekey.ts';
import { setAside } from './steps/leaving/set-aside.ts';
import { makeHelpers } from './steps/helpers.ts';
import { fillLedger } from './steps/ledger-step.ts';
import { renameLinks } from './steps/rename.ts';
import { joinRelgroup, setMakedelta } from './steps/membership.ts';
import { register } from './steps/register.ts';
import { dropHelpers, dropTriggers, forget, leaveRelgroup, waitDrained } from './steps/leaving/removal.ts';
import { noteSuspects } from './steps/suspects.ts';
import { sweep } from './steps/leaving/sweep.ts';
import { makeAlways, makeTriggers } from './steps/triggers.ts';

/** How long a step that failed for a passing reason (a connection, a deadlock) waits before its next attempt. */
const RETRY_MS = 2_000;

/** One attempt of one step. Failures are values; only a fault of the program throws. */
export async function attempt(context: ActContext, step: Step): Promise<Outcome> {
  try {
    return await carryOut(context, step);
  } catch (error) {
    if (!(error instanceof GoatherdError))
      return { state: 'failed', error: new GoatherdError('Internal', messageOf(error), { cause: error }) };
    if (error.retry === 'fatal') return { state: 'failed', error };
    return {
      state: 'pending',
      progress: { done: 0, total: step.objects, unit: 'objects', waitingFor: `another try after: ${error.message}` },
      retryMs: RETRY_MS,
    };
  }
}

async function carryOut(context: ActContext, step: Step): Promise<Outcome> {
  const { work } = step;
  switch (work.kind) {
    case 'ledger':
      return fillLedger(context);
    case 'rename':
      return renameLinks(context);
    case 'adopt':
      return adopt(context, work);
    case 'control_database':
      return makeControlDatabase(context, work.instance);
    case 'register':
      return register(context, work);
    case 'settings':
      return changeSettings(context, work.instance, work.settings);
    case 'helpers':
      return makeHelpers(context, work);
    case 'triggers':
      return makeTriggers(context, work);
    case 'membership':
      return joinRelgroup(context, work);
    case 'set_aside':
      return setAside(context, work);
    case 'resend':
      return resend(context, work);
    case 'rekey':
      return rekey(context, work);
    case 'makedelta':
      return setMakedelta(context, work);
    case 'always':
      return makeAlways(context, work);
    case 'truncate_records':
      return markTruncates(context, work);
    case 'empty_tables':
      return emptyTables(context, work);
    case 'activate':
      return activate(context, work);
    case 'deactivate':
      return deactivate(context, work);
    case 'stop_daemon':
      return stopDaemon(context, work.instance);
    case 'start_daemon':
      return startDaemon(context, work);
    case 'wait_copy':
      return waitForCopy(context, work);
    case 'receipt':
      return writeReceipt(context, work);
    case 'copy_tables':
      return work.again ? copyTablesAgain(context, work) : copyTables(context, work);
    case 'recopy':
      return noteRecopy(context, work);
    case 'wait_drained':
      return waitDrained(context, work);
    case 'drop_triggers':
      return dropTriggers(context, work);
    case 'drop_helpers':
      return dropHelpers(context, work);
    case 'drop_control':
      return dropControl(context, work);
    case 'move':
      return moveLink(context, work);
    case 'leave_instance':
      return leaveInstance(context, work);
    case 'suspect':
      return noteSuspects(context, work);
    case 'sweep':
      return sweep(context, work);
    case 'leave':
      return leaveRelgroup(context, work);
    case 'forget':
      return forget(context, work);
    case 'wait_run':
      return waitForRun(context, work);
    case 'arrival':
      return proveArrival(context, work);
  }
}
