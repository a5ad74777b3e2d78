import { describe, expect, test } from 'vitest';
import { planText } from '../../../src/report/plan-text/plan-text.ts';
import { paintedStyle } from '../../../src/report/style.ts';
import { meta, plan } from './builders.ts';
import { expectGolden } from './golden.ts';
import { blockedByApproval, blockedByPreflight, fanOut, newChain, noOp, plans } from './plans.ts';

const lines = (text: string): string[] => text.trimEnd().split('\n');

describe('a plan as text', () => {
  test.each(Object.entries(plans))('%s', (name, of) => {
    expectGolden(`${name}.txt`, planText(of, meta));
  });

  test('says more of each step when asked', () => {
    expectGolden('blocked-by-approval-verbose.txt', planText([blockedByApproval], meta, { verbose: true }));
  });

  test.each([60, 80, 140])('adapts to %i columns', (width) => {
    const text = planText([newChain], meta, { width });
    expectGolden(`new-chain-${width}.txt`, text);
    // The first line is never wrapped, so that the verdict is on the second.
    expect(
      Math.max(
        ...lines(text)
          .slice(1)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(width);
  });

  test.each(Object.values(plans).filter((of) => of.length === 1 && of[0]?.verdict !== 'in_sync'))(
    'has the verdict on line 2 and on the last paragraph',
    (of) => {
      const text = lines(planText([of], meta));
      const word = { in_sync: 'IN SYNC', changes: 'CHANGES', drift: 'DRIFT', blocked: 'BLOCKED' }[of.verdict];
      expect(text[1]).toMatch(new RegExp(`^${word} `));
      expect(text.findLast((line) => /^\S/.test(line))).toMatch(new RegExp(`^SUMMARY   ${word}: `));
    },
  );

  test('says that nothing is to do on one line, with warnings below', () => {
    expect(lines(planText([noOp], meta))).toHaveLength(1);
    expect(lines(planText(plans['no-op-with-warnings']!, meta))[0]).toMatch(/ IN SYNC .* Suspect: b-c /);
  });

  test('names the command that approves, quoted for the shell', () => {
    const odd = { ...blockedByApproval, file: "it's here.yaml" };
    expect(planText([blockedByApproval], meta)).toContain('    goatherd reconcile topologies/orders.yaml --approve 52fe-9103\n');
    expect(planText([odd], meta)).toContain(String.raw`goatherd reconcile 'it'\''s here.yaml' --approve 52fe-9103`);
  });

  test('shows at most eight objects of a problem, and how many there are', () => {
    const [head = ''] = planText([blockedByPreflight], meta).split('and 4 more');
    expect(head.slice(head.indexOf('public.t01')).match(/public\.t\d\d/g)).toHaveLength(8);
  });

  test('explains only the symbols and locks that it uses', () => {
    const text = planText(plans['stopped']!, meta);
    expect(text).toContain('- remove, stop or empty');
    expect(text).not.toMatch(/L1|L2|L3|destructive;|\+ create/);
  });

  test('keeps escape sequences and line breaks of names and messages out of the layout', () => {
    const hostile = plan({ ...newChain, changes: newChain.changes.map((change) => ({ ...change, what: 'a\u001b[31m\nb\u202ec\u0007' })) });
    const text = planText([hostile], meta);
    expect(text).toContain(String.raw`a b\u{202e}c`);
    expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
  });

  test('is plain ASCII when names are', () => {
    expect(planText(Object.values(plans).flat(), meta)).toMatch(/^[\n\u0020-\u007e]*$/);
  });

  test('reads the same with colours as without', () => {
    const codes = { bold: 1, green: 32, yellow: 33, red: 31, dim: 2 };
    const style = paintedStyle((format, text) => `\u001b[${codes[format]}m${text}\u001b[0m`);
    for (const of of [newChain, blockedByApproval, blockedByPreflight, fanOut, noOp]) {
      const painted = planText([of], meta, { style });
      expect(painted).toContain('\u001b[');
      // oxlint-disable-next-line no-control-regex -- escape sequences are what is taken away
      expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(planText([of], meta));
    }
  });

  test('leaves the exit code out when the plan is about to be carried out', () => {
    expect(planText([newChain], meta)).toContain('Exit 0 (2 with --detailed-exitcode).');
    expect(planText([newChain], { ...meta, detailedExitCode: true }).replaceAll(/\s+/g, ' ')).toContain('Exit 2.');
    expect(planText([newChain], { ...meta, acting: true })).not.toMatch(/Exit \d/);
  });
});
