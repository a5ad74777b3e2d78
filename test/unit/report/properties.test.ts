import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentText, planDocument } from '../../../src/report/document/document.ts';
import { planExitCodes } from '../../../src/report/exit-code.ts';
import { planMarkdown } from '../../../src/report/plan-markdown/plan-markdown.ts';
import { planText } from '../../../src/report/plan-text/plan-text.ts';
import { emptyRunState, type RunEvent } from '../../../src/report/run/run-model.ts';
import { runEventText } from '../../../src/report/run/run-event.ts';
import { reduceRun } from '../../../src/report/run/run-state.ts';
import { liveView } from '../../../src/report/run/run-text.ts';
import { arbitraryPlan } from './arbitrary-plan.ts';
import { meta } from './builders.ts';
import { blockedByApproval, newChain, plans } from './plans.ts';
import { chainEvents, failing } from './runs.ts';
import { schemaErrors } from './schemas.ts';

const somePlans = fc.array(arbitraryPlan, { maxLength: 4 });
const width = fc.integer({ min: 0, max: 200 });

describe('reports of any plan', () => {
  test('text has no trailing spaces, no control characters and ends with a line feed', () => {
    fc.assert(
      fc.property(somePlans, width, fc.boolean(), (of, columns, verbose) => {
        const text = planText(of, meta, { width: columns, verbose });
        expect(text).toMatch(/\n$/);
        expect(text).not.toMatch(/[^\S\n]\n|[^\S\n]$/);
        expect(text).not.toMatch(/[^\P{Cc}\n]/u);
      }),
      { numRuns: 150 },
    );
  });

  test('text names every step and every problem', () => {
    fc.assert(
      fc.property(arbitraryPlan, width, (of, columns) => {
        const text = planText([of], meta, { width: columns });
        const shown = of.verdict === 'in_sync' && of.steps.length === 0 && of.changes.length === 0 ? 'diagnostics' : 'all';
        // Where nothing is to do, notes are kept for `--verbose`.
        const said = shown === 'all' ? of.diagnostics : of.diagnostics.filter((one) => one.severity !== 'note');
        expect(text.match(/^ {4}(?:error|warning|note)(?: |$)/gm)?.length ?? 0).toBeGreaterThanOrEqual(said.length);
        expect(text.includes('\nSteps')).toBe(shown === 'all' && of.steps.length > 0);
      }),
      { numRuns: 100 },
    );
  });

  test('Markdown is at most 60,000 characters, and empty only when nothing is to do', () => {
    fc.assert(
      fc.property(somePlans, fc.integer({ min: 1, max: 40 }), (of, times) => {
        const many = Array.from({ length: times }, () => of).flat();
        expect(planMarkdown(many, meta).length).toBeLessThanOrEqual(60_000);
        expect(planMarkdown(of, meta) === '').toBe(
          of.every((one) => one.verdict === 'in_sync' && one.steps.length + one.changes.length === 0),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('JSON is valid and says the exit code', () => {
    fc.assert(
      fc.property(somePlans, (of) => {
        const document = planDocument(of, meta);
        expect(schemaErrors(document)).toEqual([]);
        expect(document.exit_code).toEqual(planExitCodes(of));
      }),
      { numRuns: 100 },
    );
  });

  test('the same plan gives the same bytes, whatever order its steps came in', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(plans)), fc.integer(), (of, seed) => {
        const shuffled = structuredClone(of).map((plan) => ({
          ...plan,
          steps: plan.steps.toSorted((left, right) => ((left.seq * 7919) ^ seed) - ((right.seq * 7919) ^ seed)),
        }));
        expect(planText(shuffled, meta)).toBe(planText(of, meta));
        expect(planMarkdown(shuffled, meta)).toBe(planMarkdown(of, meta));
        expect(documentText(planDocument(shuffled, meta))).toBe(documentText(planDocument(of, meta)));
      }),
      { numRuns: 50 },
    );
  });
});

describe('reports of any run', () => {
  const events: readonly RunEvent[] = [...chainEvents, ...failing];
  const anyOrder = fc.array(fc.constantFrom(...events), { maxLength: 30 });

  test('events in any order give one line each, and a view that fits the terminal', () => {
    fc.assert(
      fc.property(anyOrder, fc.integer({ min: 20, max: 120 }), fc.integer({ min: 3, max: 30 }), (of, columns, height) => {
        let state = emptyRunState;
        for (const event of of) {
          state = reduceRun(state, event);
          expect(runEventText(event, state)).toMatch(/^\S[^\n]*\S$/);
          const lines = liveView(state, { now: event.time, width: columns, height });
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        }
        expect(schemaErrors(planDocument([newChain, blockedByApproval], meta, state.runs))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
