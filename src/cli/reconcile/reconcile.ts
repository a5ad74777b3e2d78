import { ERROR, INVALID, USAGE } from '../../lib/exit-codes.ts';
import { diskFiles } from '../../lib/files.ts';
import { GoatherdError } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { toolVersion } from '../../lib/version.ts';
import type { Looked } from '../../act/keep-house.ts';
import { observe } from '../../observe/observe.ts';
import { observeLedger, observeLedgerStrictly } from '../../observe/observe-ledger.ts';
import { missingNote, topologyToDestroy, withFormer } from '../../plan/view/remembered/former.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { BREAKS_ORDER } from '../../plan/only.ts';
import { Access } from '../../postgres/access.ts';
import { planExitCodes } from '../../report/exit-code.ts';
import type { ReportMeta } from '../../report/meta.ts';
import { planText } from '../../report/plan-text/plan-text.ts';
import { readsDirectory } from '../../topology/load.ts';
import type { HostConfig, Problem, Topology } from '../../topology/model.ts';
import { readGiven } from '../given.ts';
import { act } from './act.ts';
import { type Asked, policyOf, type ReconcileOptions } from './asked.ts';
import { writeMetricsFile } from './metrics-file.ts';
import { refuse, report, textOptions } from './output.ts';
import { readPlanFile, refusalOf, writePlanFile } from './saved-plan-file.ts';

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

/** Why an address of `--only` is none, with the one that was probably meant; null when each is a link of a file. */
function unknownAmong(only: readonly string[], declared: readonly Topology[]): string | null {
  const known = declared.flatMap(({ links }) => links.map((link) => link.address));
  const wrong = only.find((address) => !known.includes(address));
  if (wrong === undefined) return null;
  const meant = nearest(wrong, known);
  return `--only ${wrong}: there is no such link${meant === undefined ? '' : `; is it ${meant}?`}`;
}
