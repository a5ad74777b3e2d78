import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diskFiles } from '../../../src/lib/files.ts';
import { renderProblems } from '../../../src/report/problems.ts';
import { loadTopologies } from '../../../src/topology/load.ts';
import { filesBelow } from './support.ts';

/** UPDATE_GOLDEN=1 writes what is said now; read the difference as a user would. */
const update = process.env['UPDATE_GOLDEN'] === '1';

function cases(folder: string): string[] {
  return readdirSync(join(import.meta.dirname, folder))
    .filter((name) => !name.endsWith('.txt'))
    .toSorted();
}

async function said(folder: string, name: string): Promise<{ readonly text: string; readonly topologies: number }> {
  const files = filesBelow(join(import.meta.dirname, folder), diskFiles);
  const { problems, topologies } = await loadTopologies([name], files);
  return { text: renderProblems(problems), topologies: topologies.length };
}

async function compareGolden(folder: string, name: string, text: string): Promise<void> {
  const path = join(import.meta.dirname, folder, `${name.replace(/\.yaml$/, '')}.txt`);
  if (update) await writeFile(path, text);
  expect(text).toBe(await readFile(path, 'utf8'));
}

describe('broken files are refused in words', () => {
  test.each(cases('broken'))('%s', async (name) => {
    const { text, topologies } = await said('broken', name);
    await compareGolden('broken', name, text);
    expect(topologies).toBe(0);
    expect(text).toMatch(/ error [A-Z][A-Za-z0-9]+: /);
    expect(text).not.toContain('hunter2');
  });

  test('there are more than fifty', () => {
    expect(cases('broken').length).toBeGreaterThan(50);
  });
});

describe('doubtful files are accepted with a word', () => {
  test.each(cases('warned'))('%s', async (name) => {
    const { text, topologies } = await said('warned', name);
    await compareGolden('warned', name, text);
    expect(topologies).toBe(1);
    expect(text).not.toContain(' error ');
  });
});
