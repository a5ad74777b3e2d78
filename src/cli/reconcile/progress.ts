import { createLogUpdate } from 'log-update';
import { runEventText } from '../../report/run/run-event.ts';
import { emptyRunState, type RunEvent, type RunState } from '../../report/run/run-model.ts';
import { reduceRun } from '../../report/run/run-state.ts';
import { liveView } from '../../report/run/run-text.ts';
import type { Style } from '../../report/style.ts';

/** Shows a run on standard error as it goes, and keeps its record. */
export interface ProgressView {
  emit(event: RunEvent): void;
  state(): RunState;
  end(): void;
}

const LIVE_EVERY_MS = 120;
/** Without a terminal, what only counts on is said this often. */
const LINE_EVERY_MS = 5_000;

/** On a terminal one live view, otherwise one line for each event. */
export function progressView(stream: NodeJS.WriteStream, style: Style): ProgressView {
  return stream.isTTY ? liveProgress(stream, style) : lineProgress(stream, style);
}

function liveProgress(stream: NodeJS.WriteStream, style: Style): ProgressView {
  const update = createLogUpdate(stream);
  let state = emptyRunState;
  const draw = (): void => update(liveView(state, { now: Date.now(), width: stream.columns, height: stream.rows, style }).join('\n'));
  const timer = setInterval(draw, LIVE_EVERY_MS);
  let ended = false;
  return {
    emit: (event) => {
      state = reduceRun(state, event);
    },
    state: () => state,
    end: () => {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      draw();
      update.done();
    },
  };
}

function lineProgress(stream: NodeJS.WriteStream, style: Style): ProgressView {
  let state = emptyRunState;
  const said = new Map<string, { at: number; waitingFor: string | undefined }>();
  return {
    emit: (event) => {
      state = reduceRun(state, event);
      if (event.kind === 'step_progress' || event.kind === 'gate_wait') {
        const last = said.get(event.step);
        const { waitingFor } = event.progress;
        if (last !== undefined && event.time - last.at < LINE_EVERY_MS && last.waitingFor === waitingFor) return;
        // What is over in a second needs no line of its own.
        if (last === undefined && waitingFor === undefined) {
          said.set(event.step, { at: event.time, waitingFor });
          return;
        }
        said.set(event.step, { at: event.time, waitingFor });
      }
      stream.write(`${runEventText(event, state, style)}\n`);
    },
    state: () => state,
    end: () => undefined,
  };
}
