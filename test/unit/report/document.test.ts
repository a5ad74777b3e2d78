import { describe, expect, test } from 'vitest';
import { documentText, planDocument } from '../../../src/report/document/document.ts';
import { emptyRunState } from '../../../src/report/run/run-model.ts';
import { reduceRuns } from '../../../src/report/run/run-state.ts';
import { meta } from './builders.ts';
import { expectGolden } from './golden.ts';
import { blockedByApproval, blockedByPreflight, newChain, plans } from './plans.ts';
import { chainEvents, copying, failing } from './runs.ts';
import { schemaErrors } from './schemas.ts';

describe('the JSON document', () => {
  test.each(Object.entries(plans))('of %s is valid', (_name, of) => {
    expect(schemaErrors(planDocument(of, meta))).toEqual([]);
  });

  test.each([
    ['new-chain', [newChain]],
    ['blocked-by-approval', [blockedByApproval]],
  ])('of %s', (name, of) => {
    expectGolden(`${name}.json`, documentText(planDocument(of, meta)));
  });

  test('of a run holds its steps, states and durations', () => {
    const { runs } = reduceRuns(emptyRunState, [...chainEvents, ...failing]);
    const document = planDocument([newChain, blockedByApproval], meta, runs);
    expect(schemaErrors(document)).toEqual([]);
    expect(document.exit_code).toEqual({ plain: 1, detailed: 1 });
    expectGolden('runs.json', documentText(planDocument([], meta, runs)));
  });

  test('of a run that goes on is valid, and says bytes and rows as strings', () => {
    const document = planDocument([newChain], meta, reduceRuns(emptyRunState, copying).runs);
    expect(schemaErrors(document)).toEqual([]);
    expect(document.runs?.[0]?.steps.find((step) => step.id === 'a-b/wait_copy')?.progress).toMatchObject({
      bytes: '76235669504',
      total_bytes: '126701535232',
      rows: '812055100',
      total_rows: null,
    });
    expect(document.exit_code.plain).toBe(21);
  });

  test('never cuts a list of objects', () => {
    expect(planDocument([blockedByPreflight], meta).plans[0]?.diagnostics.find(({ code }) => code === 'NoKey')?.objects).toHaveLength(12);
  });

  test('gives a refusal the code that the caller names, with problems and the error', () => {
    const document = planDocument([], {
      ...meta,
      exitCode: 78,
      problems: [{ severity: 'error', code: 'UnknownKey', message: 'no key is called lnks', at: { file: 'a.yaml', line: 3, column: 1 } }],
      error: { code: 'Invalid', message: 'one file is invalid', hint: null },
    });
    expect(schemaErrors(document)).toEqual([]);
    expect(document).toMatchObject({ plans: [], exit_code: { plain: 78, detailed: 78 }, problems: [{ code: 'UnknownKey', hint: null }] });
  });

  test('has a closed schema', () => {
    expect(schemaErrors({ ...planDocument([newChain], meta), more: 1 })).not.toEqual([]);
    const document = planDocument([newChain], meta);
    expect(
      schemaErrors({
        ...document,
        plans: document.plans.map((one) => ({ ...one, steps: one.steps.map((step) => ({ ...step, password: 'x' })) })),
      }),
    ).not.toEqual([]);
  });

  test('names no approval id but in approvals', () => {
    const text = documentText(planDocument([newChain, ...plans['drift']!], meta));
    expect(text).not.toMatch(/"[0-9a-f]{4}-[0-9a-f]{4}"/);
  });
});
