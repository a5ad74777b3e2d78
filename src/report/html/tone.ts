/** How states look: a tone for the colour, a mark that tells them apart without colour, and a word. */
import type { Condition } from '../../plan/status/condition-model.ts';
import type { LinkState, TopologyStatus } from '../../plan/status/status-model.ts';
import type { RunOutcome, StepState } from '../run/run-model.ts';
import type { TopologySnapshot } from '../status/snapshot-model.ts';
import { type Html, html } from './html.ts';

/** `good` runs, `busy` is on its way, `warn` wants a look, `bad` does not replicate, `off` is meant to stand still. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'off';

export const tones: readonly Tone[] = ['bad', 'warn', 'busy', 'off', 'good'];

const marks: Readonly<Record<Tone, string>> = { good: '●', busy: '◐', warn: '▲', bad: '✖', off: '○' };

export function toneOfLink(state: LinkState): Tone {
  switch (state) {
    case 'running':
      return 'good';
    case 'copying':
    case 'waiting':
    case 'pending':
      return 'busy';
    case 'drifted':
    case 'absent':
      return 'warn';
    case 'suspended':
    case 'stopped':
    case 'detached':
      return 'off';
    case 'failing':
    case 'down':
    case 'blocked':
    case 'unreachable':
    case 'unknown':
      return 'bad';
  }
}

/** The word and the tone of a topology as a whole: its worst link's, unless it is ready. */
export function stateOfTopology({ status, suspended }: TopologySnapshot): { readonly word: string; readonly tone: Tone } {
  if (status === null) return { word: 'not observed yet', tone: 'busy' };
  if (suspended !== null) return { word: 'suspended', tone: 'off' };
  return { word: verdictWords[status.verdict], tone: toneOfStatus(status) };
}

const verdictWords: Readonly<Record<TopologyStatus['verdict'], string>> = { ready: 'ready', not_ready: 'not ready', unknown: 'unknown' };

function toneOfStatus({ verdict, links }: TopologyStatus): Tone {
  if (verdict === 'unknown') return 'bad';
  const all = links.map(({ state }) => toneOfLink(state));
  const worst = tones.find((tone) => all.includes(tone)) ?? 'good';
  if (verdict === 'ready') return worst === 'off' ? 'good' : worst;
  // Not ready, and every link runs: the plan is not empty.
  return worst === 'good' ? 'warn' : worst;
}

/** Reasons of conditions that are not True only because something is on its way, is meant so, or loses nothing. */
const reasonTones: ReadonlyMap<string, Tone> = new Map([
  ...['NotStarted', 'WaitingForUpstreamCopy', 'Copying', 'CopyFirst', 'Installing', 'Pending', 'ChangesPending', 'UpstreamNotReady'].map(
    (reason) => [reason, 'busy'] as const,
  ),
  ...['Stopped', 'StoppedByUser', 'HeldByOther'].map((reason) => [reason, 'off'] as const),
  ...['ApprovalMissing', 'CapExceeded', 'DriftDetected', 'FactsDiffer', 'TriggerStateDrift', 'LagHigh', 'LockTimeout'].map(
    (reason) => [reason, 'warn'] as const,
  ),
]);

/** Whether a condition is as it should be; `Reconciling`, `Stalled`, `Suspended` and `Suspect` are well when they are False. */
export function toneOfCondition({ type, status, reason }: Condition): Tone {
  // Without the hub nothing is known, and nothing acts.
  if (status === 'Unknown') return type === 'LockHeld' && reason === 'ControlDatabaseDown' ? 'bad' : 'off';
  switch (type) {
    case 'Reconciling':
      return status === 'True' ? 'busy' : 'good';
    case 'Suspended':
      return status === 'True' ? 'off' : 'good';
    case 'Stalled':
    case 'Suspect':
      return status === 'True' ? 'warn' : 'good';
    case 'SourceReady':
    case 'LockHeld':
    case 'SpecValid':
    case 'Approved':
    case 'InSync':
    case 'Ready':
    case 'Reachable':
    case 'Provisioned':
    case 'TriggersInstalled':
    case 'DaemonRunning':
    case 'CopyComplete':
    case 'Replicating':
    case 'Cascading':
      return status === 'True' ? 'good' : (reasonTones.get(reason) ?? 'bad');
  }
}

export function toneOfStep(state: StepState): Tone {
  switch (state) {
    case 'done':
      return 'good';
    case 'running':
    case 'waiting':
      return 'busy';
    case 'pending':
      return 'off';
    case 'blocked':
      return 'warn';
    case 'failed':
      return 'bad';
  }
}

export function toneOfOutcome(outcome: RunOutcome): Tone {
  switch (outcome) {
    case 'converged':
    case 'adopted':
      return 'good';
    case 'blocked':
    case 'not_converged':
    case 'interrupted':
    case 'stale':
      return 'warn';
    case 'lock_held':
      return 'off';
    case 'failed':
    case 'invalid':
      return 'bad';
  }
}

/** `not_converged` -> `not converged`. */
export function words(snakeCase: string): string {
  return snakeCase.replaceAll('_', ' ');
}

/** The mark and the word in the tone's colour. */
export function badge(tone: Tone, word: string): Html {
  return html`<span class="state ${tone}"><span class="mark" aria-hidden="true">${marks[tone]}</span>${word}</span>`;
}

export function markOf(tone: Tone): string {
  return marks[tone];
}
