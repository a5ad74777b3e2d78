import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/real/support/longest-first.ts';

/** Real test files at a time, two unless told: each runs several PostgreSQL servers and Bucardo's processes, and mostly waits for them. */
const realWorkers = Math.min(2, Math.max(1, Number(process.env['GOATHERD_TEST_WORKERS'] ?? 2) || 2));

/** The tests start goatherd some hundred times, and half of a short command's time is the reading of its modules. As in script/goatherd. */
const env = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(import.meta.dirname, '.node', 'compile-cache') };

// Vitest asks for a default export; nothing else in the repository has one.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    passWithNoTests: true,
    projects: [
      {
        test: {
          env,
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'src/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          // Properties take a second each; the limit is for what hangs, on a machine that is busy besides.
          testTimeout: 60_000,
          // The groups run one after the other, so the real servers do not compete with the pure tests for the machine.
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          env,
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: realWorkers,
          // Only for what hangs: a machine several times slower than ours, busy besides, takes minutes for what takes us seconds.
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
