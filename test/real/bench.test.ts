import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Result } from '../../bench/support/model.ts';
import { REPOSITORY } from './support/repository.ts';

const NAMES = ['bring-up', 'commits', 'dry-run', 'latency', 'lost-rows', 'planning', 'triggers'];

/** Only that they run: figures of so small a size say nothing. */
test('every benchmark runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'goatherd-bench-'));
  const json = join(folder, 'results.json');
  try {
    const run = await execa(process.execPath, [join(REPOSITORY, 'bench', 'main.ts'), '--smoke', '--json', json], {
      reject: false,
      timeout: 580_000,
    });
    if (run.exitCode !== 0) throw new Error(run.stderr.slice(-4_000));
    const { results } = JSON.parse(await readFile(json, 'utf8')) as { results: Readonly<Record<string, Result>> };
    expect(Object.keys(results).toSorted()).toEqual(NAMES);
    for (const { rows, figures } of Object.values(results)) {
      expect(rows.length).toBeGreaterThan(0);
      expect(Object.values(figures)).not.toHaveLength(0);
      expect(Object.values(figures).filter((figure) => !Number.isFinite(figure) || figure < 0)).toEqual([]);
    }
    expect(results['dry-run']?.figures['queries_large']).toBe(results['dry-run']?.figures['queries_small']);
    expect(results['lost-rows']?.figures['goatherd_open_missing']).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
