import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/plan/model.ts';
import { planMarkdown } from '../../../src/report/plan-markdown/plan-markdown.ts';
import { meta, plan, step } from './builders.ts';
import { expectGolden } from './golden.ts';
import { blockedByApproval, newChain, noOp, noOpWithWarnings, plans, stoppedInSync } from './plans.ts';

/** A plan with so many steps that its table alone is longer than a comment may be. */
function long(topology: string, rest: Partial<Plan> = {}): Plan {
  const steps = Array.from({ length: 600 }, (_, index) => ({
    ...step('a-b', 'triggers', `triggers of table number ${index} of many, with a name that takes its room`),
    id: `${index}`,
  }));
  return plan({ ...newChain, topology, steps, ...rest });
}

describe('a plan as Markdown', () => {
  test.each(Object.entries(plans).filter(([, of]) => of.some((one) => one.verdict !== 'in_sync')))('%s', (name, of) => {
    expectGolden(`${name}.md`, planMarkdown(of, meta));
  });

  test('is silent when every topology is in sync', () => {
    expect(planMarkdown([], meta)).toBe('');
    expect(planMarkdown([noOp, noOpWithWarnings, stoppedInSync], meta)).toBe('');
  });

  test('begins with the marker of its topology', () => {
    expect(planMarkdown([noOp, newChain], meta)).toMatch(/^<!-- goatherd:orders -->\n/);
  });

  test('leaves the steps of the least risky topologies out first, and says so', () => {
    const risky = { ...blockedByApproval, topology: 'risky' };
    const text = planMarkdown([long('dull'), risky], meta);
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text).toContain('The table of 600 steps is left out to keep this comment short');
    expect(text).toContain('<details><summary>6 steps, 1 of them a wait.');
    expect(text).toContain('> goatherd reconcile topologies/orders.yaml --approve 52fe-9103');
  });

  test('stays short with a thousand topologies, the destructive ones last to go', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      index % 100 === 0 ? long(`t${index}`) : { ...newChain, topology: `t${index}` },
    );
    const text = planMarkdown([...many, { ...blockedByApproval, topology: 'risky' }], meta);
    expect(text.length).toBeLessThanOrEqual(60_000);
    expect(text).toContain('### `risky`: BLOCKED');
    expect(text).toMatch(/\d+ more topologies are left out/);
  });

  test('never folds the destructive block', () => {
    const text = planMarkdown([blockedByApproval], meta);
    expect(text.indexOf('> **Destructive.**')).toBeLessThan(text.indexOf('<details>'));
  });

  test('escapes what would be markup, a mention or the end of a cell', () => {
    const changes = newChain.changes.map((change) => ({
      ...change,
      what: 'a|b <img src=x> @octocat #12 [x](y) `c` *d* _e_ f_g',
      reason: 'x\n| y',
    }));
    const text = planMarkdown([plan({ ...newChain, changes })], meta);
    expect(text).toContain(String.raw`a\|b \<img src=x> @&#8203;octocat #&#8203;12 \[x\](y) \`c\` \*d\* \_e\_ f_g | x \| y |`);
  });
});
