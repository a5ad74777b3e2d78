import { hostname, userInfo } from 'node:os';
import { keepHouse, type Looked } from '../../act/keep-house.ts';
import { runTopology } from '../../act/run.ts';
import { ensureLedger } from '../../ledger/ensure.ts';
import { keepRun } from '../../ledger/history.ts';
import { type ActingLock, takeLock } from '../../ledger/lock.ts';
import type { GivenApproval } from '../../ledger/model.ts';
import { LedgerWriter } from '../../ledger/write.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { BLOCKED, LOCK_HELD } from '../../lib/exit-codes.ts';
import { gitWord } from '../../plan/approvals.ts';
import type { RequiredApproval } from '../../plan/model.ts';
import type { Access } from '../../postgres/access.ts';
import { abandonSessions } from '../../postgres/session.ts';
import { isBlocked, planExitCodes, runExitCodes } from '../../report/exit-code.ts';
import type { ReportMeta } from '../../report/meta.ts';
import { pastRunOf } from '../../report/run/past-run.ts';
import { summaryText } from '../../report/run/run-event.ts';
import type { Topology } from '../../topology/model.ts';
import { interrupts } from '../interrupts.ts';
import { reportStyle } from '../report-style.ts';
import { type Asked, policyOf } from './asked.ts';
import { refuse, report, withoutText } from './output.ts';
import { progressView } from './progress.ts';
import { claim } from './saved-plan-file.ts';

/** Carries the plans out, one topology after the other, under the lock of rule 17. */
export async function act(planned: readonly Looked[], meta: ReportMeta, options: Asked): Promise<number> {
  const plans = planned.map((one) => one.plan);
  const first = planned[0];
  const nothing = plans.every((plan) => plan.steps.every((step) => step.blocked !== null));
  const codes = planExitCodes(plans);
  // A part of the plan does not say what stands of the rest.
  if (nothing && options.only === undefined) for (const note of await keepHouse(planned)) process.stderr.write(`goatherd: ${note}\n`);
  if (first === undefined || (nothing && plans.every((plan) => plan.verdict === 'in_sync'))) {
    report(withoutText(options), plans, meta, []);
    return 0;
  }
  if (nothing && plans.every((plan) => !isBlocked(plan))) {
    // Drift that the policy leaves alone: it is shown, and no run is made of it.
    const code = options.detailedExitcode === true ? codes.detailed : codes.plain;
    report(withoutText(options), plans, { ...meta, exitCode: code }, []);
    return code;
  }
  if (nothing) {
    report(withoutText(options), plans, { ...meta, exitCode: BLOCKED });
    return BLOCKED;
  }
  await ensureLedger(first.access);
  const lock = await takeLock(first.access, 'reconcile').catch((error: unknown) => {
    if (!(error instanceof GoatherdError) || error.code !== 'LockHeld') throw error;
    return error;
  });
  if (lock instanceof GoatherdError) {
    process.stderr.write(`goatherd: ${lock.message}\nhint: ${lock.hint}\n`);
    report(withoutText(options), plans, {
      ...meta,
      exitCode: LOCK_HELD,
      error: { code: lock.code, message: lock.message, hint: lock.hint },
    });
    return LOCK_HELD;
  }
  return underLock(lock, first.access, planned, meta, options);
}

async function underLock(lock: ActingLock, hub: Access, planned: readonly Looked[], meta: ReportMeta, options: Asked): Promise<number> {
  const plans = planned.map((one) => one.plan);
  const signals = interrupts(lock.lost);
  const abandon = (): void => {
    abandonSessions();
    planned.forEach((one) => one.access.abandon());
  };
  lock.lost.addEventListener('abort', abandon, { once: true });
  const view = progressView(process.stderr, reportStyle(process.stderr));
  const writer = new LedgerWriter(hub);
  try {
    const used = options.saved === undefined ? null : await claim(options.saved, hub);
    if (used !== null) return refuse(used, plans, meta, options);
    const run = await writer.startRun(
      'reconcile',
      hostname(),
      planned.map((one) => one.topology.name),
    );
    for (const one of planned)
      for (const required of one.plan.approvals.required) {
        const approval = wordFor(required, one.topology, options);
        if (approval !== null) await writer.words.approve(one.topology.name, approval);
      }
    const deadline = options.timeout === undefined ? null : Date.now() + options.timeout;
    for (const one of planned) {
      const { plan } = await runTopology(one.access, one.topology, one.plan, {
        run,
        policy: policyOf(options),
        ...(options.saved === undefined ? {} : { exactly: one.plan }),
        clock: { now: () => Date.now() },
        signal: signals.signal,
        deadline,
        emit: (event) => view.emit(event),
      });
      const record = view.state().runs.find((other) => other.topology === one.topology.name);
      const past = record === undefined ? null : pastRunOf(record, { command: 'reconcile', revision: null, fingerprint: plan.fingerprint });
      if (past !== null) await keepRun(one.access, past).catch(() => undefined);
    }
    view.end();
    const { runs } = view.state();
    const codes = runExitCodes(runs);
    const code = options.detailedExitcode === true ? codes.detailed : codes.plain;
    const document = report(withoutText(options), plans, { ...meta, exitCode: code }, runs);
    await writer.endRun(run, code, document).catch(() => undefined);
    if (options.output === 'text')
      process.stdout.write(runs.map((record) => `${summaryText(record, reportStyle(process.stdout))}\n`).join(''));
    if (lock.lost.aborted) process.stderr.write(`goatherd: ${(lock.lost.reason as Error).message}; acting stopped at once\n`);
    return code;
  } finally {
    view.end();
    signals.release();
    await lock.release();
  }
}

/** What is written down of an approval that was given with this run, so that it holds until each step is done; null when the ledger has it. */
function wordFor(required: RequiredApproval, topology: Topology, options: Asked): GivenApproval | null {
  const { id, steps } = required;
  if (options.approve.includes(id)) return { id, steps, by: userInfo().username, overCap: true, reason: 'reconcile --approve' };
  return gitWord(required, topology);
}
