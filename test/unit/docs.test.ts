import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documents, generateDocument } from '../../script/generate-docs.ts';

const root = join(import.meta.dirname, '../..');
const read = async (file: string): Promise<string> => readFile(join(root, file), 'utf8');

test.each(documents)(
  '%s is as its sources are (node script/generate-docs.ts)',
  async (file) => {
    expect(await read(file)).toBe(await generateDocument(file));
  },
  60_000,
);

test('every code of preflight stands in docs/plan.md, or in docs/importing.md', async () => {
  const preflight = (await readdir(join(root, 'src/plan/preflight'))).map((name) => `preflight/${name}`);
  const sources = await Promise.all([...preflight, 'outline/summaries.ts'].map(async (name) => read(`src/plan/${name}`)));
  // Codes are the only texts of one capitalised word in these files.
  const codes = new Set(
    sources.flatMap((source) => [...source.matchAll(/'([A-Z][a-z]+(?:[A-Z][a-z]+)+|Unreachable|Unlogged)'/g)].map(([, code]) => code)),
  );
  expect(codes.size).toBeGreaterThan(60);
  const text = `${await read('docs/plan.md')}${await read('docs/importing.md')}`;
  expect([...codes].filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});

test('docs/architecture.md names only files and functions that exist', async () => {
  const text = await read('docs/architecture.md');
  const files = new Set([...text.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map(([, file = '']) => file));
  expect([...files].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  const named = [...text.matchAll(/`(\w+)`(?:, `(\w+)`)? in `(src\/[\w./-]+\.ts)`/g)];
  expect(named.length).toBeGreaterThan(8);
  const sources = await Promise.all(
    named.map(async ([, one = '', other = one, file = '']) => ({ one, other, file, source: await read(file) })),
  );
  expect(
    sources
      .filter(({ one, other, source }) => !source.includes(one) || !source.includes(other))
      .map(({ one, file }) => `${one} in ${file}`),
  ).toEqual([]);
});

describe('links between documents', async () => {
  const inside = async (folder: string): Promise<string[]> =>
    (await readdir(join(root, folder))).filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
  const files = (await Promise.all(['.', 'docs', 'docs/decisions'].map(inside))).flat();

  test.each(files)('%s names only what exists', async (file) => {
    const text = (await read(file)).replaceAll(/```[^]*?```/g, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
    const broken: string[] = [];
    for (const link of links) {
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(root, target))) broken.push(link);
      else if (anchor !== undefined && !anchorsOf(await read(target)).includes(anchor)) broken.push(link);
    }
    expect(broken).toEqual([]);
  });
});

/** As GitHub makes them of headings: small letters, spaces to hyphens, other signs left out. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
