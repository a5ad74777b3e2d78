import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generatedPath, generateTypes } from '../../../script/generate-types.ts';
import { nearest } from '../../../src/lib/nearest.ts';
import { styleFor } from '../../../src/lib/style.ts';
import { renderProblems } from '../../../src/report/problems.ts';
import { parseDuration } from '../../../src/topology/durations.ts';
import { SourceFile, withoutSecrets } from '../../../src/topology/yaml/source.ts';

describe('parseDuration', () => {
  test.each([
    ['1s', 1000],
    ['500ms', 500],
    ['500 ms', 500],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['007s', 7000],
    ['0s', 0],
  ])('%s is %i ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(['', '5', 's', '1.5s', '-1s', '1 s ', '1  s', '1S', '1w', '1s30ms', '1e3s', '１s'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('nearest', () => {
  const known = ['host', 'port', 'dbname', 'kick_interval', 'disable_kicking'];
  test.each([
    ['hots', 'host'],
    ['prot', 'port'],
    ['HOST', 'host'],
    ['kickInterval', 'kick_interval'],
    ['kick-interval', 'kick_interval'],
    ['disable_kick', 'disable_kicking'],
    ['db', 'dbname'],
    ['banana', undefined],
    ['', undefined],
  ])('%s: %s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  test('one-letter names are not each other misspelt', () => {
    expect(nearest('d', ['a', 'b'])).toBeUndefined();
  });
});

test('the types are those of the schemas (node script/generate-types.ts)', async () => {
  expect(await readFile(join(import.meta.dirname, '../../..', generatedPath), 'utf8')).toBe(await generateTypes());
});

describe('source lines', () => {
  test.each([
    ['  password: hunter2', '  password: *******'],
    ['{password: "hunter2", host: x}', '{password: *********, host: x}'],
    ['password: {env: X}', 'password: {env: X}'],
    ['dbpass=hunter2', 'dbpass=*******'],
    ['postgresql://me:hunter2@host/db', 'postgresql://me:*******@host/db'],
    ['postgresql://me@host/db', 'postgresql://me@host/db'],
    ['password:', 'password:'],
    ['password: "hunter2" more hunter2', 'password: **********************'],
  ])('%s is shown as %s', (line, expected) => {
    expect(withoutSecrets(line)).toBe(expected);
  });

  test('places, line ends and lines beyond the end', () => {
    const source = new SourceFile('f', 'one\r\ntwo\n\nfour');
    expect(source.position(5)).toEqual({ file: 'f', line: 2, column: 1 });
    expect(source.position(999)).toEqual({ file: 'f', line: 4, column: 5 });
    expect([1, 2, 3, 4, 5].map((line) => source.line(line))).toEqual(['one', 'two', '', 'four', '']);
  });
});

describe('renderProblems', () => {
  const problem = { severity: 'error', code: 'Some', message: 'it is wrong', at: { file: 'f.yaml', line: 7, column: 3 } } as const;

  test('keeps tabs, so that the caret stands below', () => {
    expect(renderProblems([{ ...problem, source: '\t\tx', hint: 'do it' }])).toBe(
      'f.yaml:7:3: error Some: it is wrong\n  7 | \t\tx\n    | \t\t^\nhint: do it\n',
    );
  });

  test('shows nothing that a terminal obeys', () => {
    const text = renderProblems([
      { ...problem, message: 'a\u001b[2Jb', source: 'x\u001b]0;t\u0007\u202ey', at: { ...problem.at, file: 'f\u001bx' } },
    ]);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });

  test('cuts long lines around the caret', () => {
    const text = renderProblems([
      { ...problem, source: `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`, at: { ...problem.at, column: 5001 } },
    ]);
    const [, line = '', caret = ''] = text.split('\n');
    expect(line.length).toBeLessThan(140);
    expect(line.slice(caret.indexOf('^')).startsWith('HERE')).toBe(true);
  });

  test('a file as a whole has no line, and no problem no text', () => {
    expect(renderProblems([{ ...problem, at: { file: 'f', line: 0, column: 0 } }])).toBe('f: error Some: it is wrong\n');
    expect(renderProblems([])).toBe('');
  });

  test('is coloured only for terminals that want it', () => {
    expect(renderProblems([problem], styleFor({ isTTY: true }, {}))).toContain('\u001b[');
    for (const style of [
      styleFor({ isTTY: false }, {}),
      styleFor({}, {}),
      styleFor({ isTTY: true }, { NO_COLOR: '1' }),
      styleFor({ isTTY: true }, { TERM: 'dumb' }),
    ]) {
      expect(renderProblems([problem], style)).toBe(renderProblems([problem]));
    }
  });
});
