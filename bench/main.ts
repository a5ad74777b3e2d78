import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { bringUp } from './bring-up.ts';
import { commits } from './commits.ts';
import { dryRun } from './dry-run.ts';
import { latency } from './latency.ts';
import { lostRows } from './lost-rows.ts';
import { planning } from './planning.ts';
import { type Benchmark, isMet, type Result, type Scale } from './support/model.ts';
import { resultText } from './support/print.ts';
import { triggers } from './triggers.ts';
import { readArguments } from '../script/read-arguments.ts';

const benchmarks: readonly Benchmark[] = [planning, triggers, bringUp, commits, latency, dryRun, lostRows];

const { values, positionals } = readArguments({
  options: {
    smoke: { type: 'boolean', default: false },
    tables: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
  },
  allowPositionals: true,
});
process.exitCode = await main();

/** 0, or 1 where a budget of a whole run was missed or a benchmark failed; 64 for usage. */
async function main(): Promise<number> {
  const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    console.error(`bench: no benchmark ${unknown.join(', ')}; there are: ${benchmarks.map(({ name }) => name).join(', ')}`);
    return 64;
  }
  const scale: Scale = { smoke: values.smoke, ...number('tables'), ...number('seconds'), ...number('rounds') };
  // Only the sizes of DESIGN 10 have budgets.
  const whole = !scale.smoke && Object.keys(scale).length === 1;
  const results: Record<string, Result> = {};
  const failed: string[] = [];
  const wanted = benchmarks.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const left = [...wanted];
  const work = async (): Promise<void> => {
    for (let benchmark = left.shift(); benchmark !== undefined; benchmark = left.shift()) {
      const { name } = benchmark;
      const started = performance.now();
      try {
        const result = await benchmark.run(scale, (line) => console.error(`${name}: ${line}`));
        results[name] = result;
        console.log(resultText(benchmark, result, { budgets: whole }));
        if (whole && !result.budgets.every(isMet)) failed.push(name);
      } catch (error) {
        console.error(error);
        failed.push(name);
      }
      console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s in all`);
    }
  };
  // A smoke run measures nothing and mostly waits for daemons; any other has the machine for one at a time.
  await Promise.all(Array.from({ length: scale.smoke ? 3 : 1 }, work));
  const document = { node: process.version, cores: availableParallelism(), scale, results, failed };
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(document, null, 2)}\n`);
  if (failed.length > 0) console.error(`bench: failed or missed a budget: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
}

function number(name: 'tables' | 'seconds' | 'rounds'): Partial<Scale> {
  const text = values[name];
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0`);
  return { [name]: value };
}
