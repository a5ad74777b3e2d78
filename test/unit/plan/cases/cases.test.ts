import { describe, expect, test } from 'vitest';
import { documentText, planDocument } from '../../../../src/report/document/document.ts';
import { planMarkdown } from '../../../../src/report/plan-markdown/plan-markdown.ts';
import { planText } from '../../../../src/report/plan-text/plan-text.ts';
import { expectGolden } from '../../report/golden.ts';
import { schemaErrors } from '../../report/schemas.ts';
import { SECRET } from '../world/world-build.ts';
import { type Case, meta } from './case.ts';
import { blocked } from './blocked.ts';
import { copyAgain } from './copy-again.ts';
import { drift } from './drift.ts';
import { fresh } from './new.ts';
import { noOp } from './no-op.ts';
import { partlyUnreachable } from './partly-unreachable.ts';
import { removal } from './removal.ts';
import { stale } from './stale.ts';

const cases: Readonly<Record<string, () => Case>> = {
  new: fresh,
  'no-op': noOp,
  drift,
  removal,
  'copy-again': copyAgain,
  blocked,
  stale,
  'partly-unreachable': partlyUnreachable,
};

const expectCase = (name: string, text: string): void => expectGolden(name, text, import.meta.dirname);

describe.each(Object.entries(cases))('the plan "%s"', (name, made) => {
  const { plan: planned, refusal } = made();
  // It moves with every fact that is ever added to what a step works on, and says nothing to a reader.
  const plan = { ...planned, fingerprint: `sha256:${'7b1ec0de'.repeat(8)}` };
  const document = planDocument([plan], { ...meta, ...(refusal === undefined ? {} : { exitCode: 22, error: refusal }) });

  test('reads well as text', () => {
    const refused = refusal === undefined ? '' : `${refusal.message}\n  ${refusal.hint}\n\n`;
    expectCase(`${name}.txt`, `${refused}${planText([plan], meta)}`);
  });

  test('is valid JSON of its schema', () => {
    expect(schemaErrors(document)).toEqual([]);
    expectCase(`${name}.json`, documentText(document));
  });

  test('fits a pull request', () => {
    expectCase(`${name}.md`, planMarkdown([plan], meta));
  });

  test('holds no secret', () => {
    for (const text of [documentText(document), planText([plan], meta, { verbose: true }), planMarkdown([plan], meta)])
      expect(text).not.toContain(SECRET);
  });
});
