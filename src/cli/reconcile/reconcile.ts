import { hostname, userInfo } from 'node:os';
import type { GivenApproval } from '../../ledger/model.ts';
import { ensureLedger } from '../../ledger/ensure.ts';
import { LedgerWriter } from '../../ledger/write.ts';
import { keepRun } from '../../ledger/history.ts';
import { takeLock } from '../../ledger/lock.ts';
import { keepHouse, type Looked } from '../../act/keep-house.ts';
import { runTopology } from '../../act/run.ts';
import { BLOCKED, ERROR, INVALID, LOCK_HELD, USAGE } from '../../lib/exit-codes.ts';
import { diskFiles } from '../../lib/files.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { toolVersion } from '../../lib/version.ts';
import { observe } from '../../observe/observe.ts';
import { observeLedger, observeLedgerStrictly } from '../../observe/observe-ledger.ts';
import { missingNote, topologyToDestroy, withFormer } from '../../plan/view/remembered/former.ts';
import { gitWord } from '../../plan/approvals.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { BREAKS_ORDER } from '../../plan/only.ts';
import type { Policy, RequiredApproval } from '../../plan/model.ts';
import { Access } from '../../postgres/access.ts';
import { abandonSessions } from '../../postgres/session.ts';
import { isBlocked, planExitCodes, runExitCodes } from '../../report/exit-code.ts';
import type { ReportMeta } from '../../report/meta.ts';
import { planText } from '../../report/plan-text/plan-text.ts';
import { pastRunOf } from '../../report/run/past-run.ts';
import { summaryText } from '../../report/run/run-event.ts';
import type { SavedPlan } from '../../report/document/saved-plan.ts';
import { readsDirectory } from '../../topology/load.ts';
import type { HostConfig, Problem, Topology } from '../../topology/model.ts';
import { readGiven } from '../given.ts';
import { interrupts } from '../interrupts.ts';
import { writeMetricsFile } from './metrics-file.ts';
import { type OutputOptions, refuse, report, textOptions, withoutText } from './output.ts';
import { progressView } from './progress.ts';
import { claim, readPlanFile, refusalOf, writePlanFile } from './saved-plan-file.ts';
import { reportStyle } from '../report-style.ts';

export interface ReconcileOptions extends OutputOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly output: 'text' | 'json' | 'markdown';
  readonly detailedExitcode?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly approve: readonly string[];
  /** Addresses of links: nothing else is done. */
  readonly only?: readonly string[];
  /** Where a dry run saves its plan. */
  readonly out?: string;
  /** A saved plan, to be carried out exactly. */
  readonly plan?: string;
  /** Where metrics of what stands at the end are written. */
  readonly metricsInto?: string;
  /** The topology whose every link is to go, as the ledger knows it. */
  readonly destroy?: string;
}

/** What was asked for, with what a saved plan adds to it. */
interface Asked extends ReconcileOptions {
  readonly paths: readonly string[];
  readonly saved?: SavedPlan;
}

/** `goatherd reconcile [PATH…]`: plan, show it, and unless it is a dry run act and wait until converged. The exit codes of DESIGN 3. */
export async function reconcile(given: readonly string[], asked: ReconcileOptions): Promise<number> {
  const saved = asked.plan === undefined ? undefined : readPlanFile(asked.plan);
  const paths = given.length > 0 ? given : (saved?.paths ?? given);
  const options: Asked = { ...asked, paths, ...(saved === undefined ? {} : { saved, approve: [...asked.approve, ...saved.approvals] }) };
  const tool = toolVersion();
  if (options.destroy !== undefined && paths.length > 0) {
    process.stderr.write('goatherd: --destroy takes no PATH: what goes is what the ledger knows\n');
    return USAGE;
  }
  if (options.destroy !== undefined && options.metricsInto !== undefined) {
    process.stderr.write('goatherd: --destroy takes no --metrics-into: nothing is left of which it could tell\n');
    return USAGE;
  }
  const { config, problems, ...files } = await readGiven(options.destroy === undefined ? paths : null, options.config);
  if (config === null) {
    report(options, [], { tool, problems, exitCode: INVALID });
    return INVALID;
  }
  const ledger = options.destroy === undefined ? await observeLedger(config) : await observeLedgerStrictly(config);
  const declared =
    options.destroy === undefined
      ? files.topologies.map((topology) => withFormer(topology, ledger))
      : [topologyToDestroy(options.destroy, ledger)];
  if (options.destroy === undefined && (await readsDirectory(paths, diskFiles))) {
    const missing = missingNote(declared, ledger);
    if (missing !== null) process.stderr.write(`goatherd: ${missing}\n`);
  }
  const only = options.only ?? [];
  const unknown = unknownAmong(only, declared);
  if (unknown !== null) {
    process.stderr.write(`goatherd: ${unknown}\n`);
    return USAGE;
  }
  const topologies = only.length === 0 ? declared : declared.filter(({ links }) => links.some((link) => only.includes(link.address)));
  const accesses = topologies.map((topology) => new Access(config, topology, { applicationName: 'goatherd reconcile' }));
  let code: number;
  try {
    code = await planAndAct(topologies, accesses, config, problems, options, tool);
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    // A reader of the document gets one, whatever happened.
    process.stderr.write(`goatherd: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`);
    const hint = error.hint === '' ? null : error.hint;
    report({ ...options, output: options.output === 'json' ? 'json' : 'none' }, [], {
      tool,
      problems,
      exitCode: ERROR,
      error: { code: error.code, message: error.message, hint },
    });
    code = ERROR;
  } finally {
    await Promise.all(accesses.map((access) => access.end()));
  }
  // Metrics tell of the whole of each topology, and of a run that failed too.
  if (options.metricsInto === undefined) return code;
  return withMetrics(code, () => writeMetricsFile(options.metricsInto ?? '', topologies, problems, config));
}

/** A file that could not be written is an error where there was none. */
async function withMetrics(code: number, write: () => Promise<void>): Promise<number> {
  try {
    await write();
    return code;
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    process.stderr.write(`goatherd: ${error.message}\n`);
    return code === 0 ? ERROR : code;
  }
}

async function planAndAct(
  topologies: readonly Topology[],
  accesses: readonly Access[],
  config: HostConfig,
  problems: readonly Problem[],
  options: Asked,
  tool: ReportMeta['tool'],
): Promise<number> {
  const observedAt = Date.now();
  const planned = await Promise.all(
    topologies.map(async (topology, index): Promise<Looked> => {
      const access = accesses[index] as Access;
      const { observation, ledger } = await observe(access, topology);
      const plan = makePlan(topology, observation, ledger, config, policyOf(options));
      return { topology, access, plan, observation, ledger };
    }),
  );
  const plans = planned.map((one) => one.plan);
  const meta: ReportMeta = {
    tool,
    problems,
    observedAt,
    observedMs: Date.now() - observedAt,
    detailedExitCode: options.detailedExitcode === true,
    acting: options.dryRun !== true,
  };
  const codes = planExitCodes(plans);
  const refusal = options.saved === undefined ? null : await refusalOf(options.saved, planned);
  if (refusal !== null) return refuse(refusal, plans, meta, options);
  const broken = plans.flatMap((plan) => plan.diagnostics).find((one) => one.code === BREAKS_ORDER);
  if (broken !== undefined) {
    const { code, address, message, hint } = broken;
    return refuse(new GoatherdError(code, `--only ${address}: ${message}`, { hint }), plans, meta, options, ERROR);
  }
  if (options.dryRun === true) {
    if (options.out !== undefined) writePlanFile(options.out, planned, options.paths, options.approve, tool);
    report(options, plans, meta);
    return options.detailedExitcode === true ? codes.detailed : codes.plain;
  }
  if (options.output === 'text') process.stdout.write(planText(plans, meta, textOptions(options)));
  return act(planned, meta, options);
}

/** Carries the plans out, one topology after the other, under the lock of rule 17. */
async function act(planned: readonly Looked[], meta: ReportMeta, options: Asked): Promise<number> {
  const plans = planned.map((one) => one.plan);
  const first = planned[0];
  const nothing = plans.every((plan) => plan.steps.every((step) => step.blocked !== null));
  const codes = planExitCodes(plans);
  const given = planned.filter((one) => one.plan.approvals.required.some((required) => required.given));
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
  const signals = interrupts(lock.lost);
  const abandon = (): void => {
    abandonSessions();
    planned.forEach((one) => one.access.abandon());
  };
  lock.lost.addEventListener('abort', abandon, { once: true });
  const view = progressView(process.stderr, reportStyle(process.stderr));
  const writer = new LedgerWriter(first.access);
  try {
    const used = options.saved === undefined ? null : await claim(options.saved, first.access);
    if (used !== null) return refuse(used, plans, meta, options);
    const run = await writer.startRun(
      'reconcile',
      hostname(),
      planned.map((one) => one.topology.name),
    );
    for (const one of given)
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
function wordFor(required: RequiredApproval, topology: Topology, options: ReconcileOptions): GivenApproval | null {
  const { id, steps } = required;
  if (options.approve.includes(id)) return { id, steps, by: userInfo().username, overCap: true, reason: 'reconcile --approve' };
  return gitWord(required, topology);
}

/** Why an address of `--only` is none, with the one that was probably meant; null when each is a link of a file. */
function unknownAmong(only: readonly string[], declared: readonly Topology[]): string | null {
  const known = declared.flatMap(({ links }) => links.map((link) => link.address));
  const wrong = only.find((address) => !known.includes(address));
  if (wrong === undefined) return null;
  const meant = nearest(wrong, known);
  return `--only ${wrong}: there is no such link${meant === undefined ? '' : `; is it ${meant}?`}`;
}

function policyOf({ approve, only }: Asked): Policy {
  return only === undefined ? { approvals: approve } : { approvals: approve, only };
}
