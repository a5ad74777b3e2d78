/**
 * One plan as the JSON document has it.
 */
import type { Plan } from '../../plan/model.ts';
import type { Step } from '../../plan/step-model.ts';
import { workObjects } from './work-objects.ts';

const actions: Readonly<Record<Step['symbol'], string>> = { '+': 'create', '~': 'change', '-': 'remove', '|': 'wait', '=': 'verify' };

/** What the symbol of a step says. */
export function actionOf(symbol: Step['symbol']): string {
  return actions[symbol];
}

/** The plan with snake_case keys, steps in the order of carrying out, every list whole. */
export function planJson(plan: Plan) {
  return {
    topology: plan.topology,
    file: plan.file,
    verdict: plan.verdict,
    fingerprint: plan.fingerprint,
    facts_checked: plan.factsChecked,
    counts: {
      create: plan.counts.create,
      change: plan.counts.change,
      remove: plan.counts.remove,
      drift: plan.counts.drift,
      steps: plan.counts.steps,
      waits: plan.counts.waits,
      blocked: plan.counts.blocked,
    },
    risk: { max_lock: plan.risk.maxLock, destructive: plan.risk.destructive, sentences: [...plan.risk.sentences] },
    drawing: {
      nodes: plan.drawing.nodes.map((node) => ({ name: node.name, target: node.target, cascade: node.cascade, reachable: node.reachable })),
      edges: plan.drawing.edges.map((edge) => ({ id: edge.id, from: edge.from, to: edge.to, label: edge.label })),
    },
    changes: plan.changes.map((change) => ({
      address: change.address,
      action: change.action,
      treatment: change.drift?.treatment ?? null,
      what: change.what,
      reason: change.reason,
      fields: change.fields.map((field) => ({ path: field.path, before: field.before, after: field.after })),
    })),
    steps: plan.steps.toSorted((left, right) => left.seq - right.seq).map(stepJson),
    approvals: {
      required: plan.approvals.required.map((approval) => ({
        id: approval.id,
        steps: [...approval.steps],
        given: approval.given,
        cap: approval.cap ?? null,
      })),
    },
    diagnostics: plan.diagnostics.map((diagnostic) => ({
      severity: diagnostic.severity,
      code: diagnostic.code,
      address: diagnostic.address,
      message: diagnostic.message,
      objects: [...diagnostic.objects],
      hint: diagnostic.hint,
      at: diagnostic.at === null ? null : { file: diagnostic.at.file, line: diagnostic.at.line, column: diagnostic.at.column },
    })),
    links: plan.links.map((link) => ({
      address: link.address,
      tables: link.tables,
      sequences: link.sequences,
      state: link.state,
      copy: link.copy,
      suspect: link.suspect,
    })),
  };
}

function stepJson(step: Step) {
  return {
    id: step.id,
    seq: step.seq,
    kind: step.kind,
    action: actionOf(step.symbol),
    address: step.address,
    what: step.what,
    reason: step.reason,
    on: [...step.on],
    lock: { mode: step.lock.mode, timeout_ms: step.lock.timeoutMs, budget_ms: step.lock.budgetMs },
    objects: { count: step.objects, names: workObjects(step.work) },
    hazards: [...step.hazards],
    destructive: step.destructive,
    after: [...step.after],
    facts: { before: [...step.before], after: [...step.afterFacts] },
    estimate_s: step.estimateSeconds,
    gate:
      step.gate === null ? null : { condition: step.gate.condition, holds: [...step.gate.holds], warn_after_s: step.gate.warnAfterSeconds },
    blocked: step.blocked,
  };
}
