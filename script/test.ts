import { relative } from 'node:path';
import { startVitest, type TestModule } from 'vitest/node';
import { checks, passes } from './checks.ts';
import { readArguments } from './read-arguments.ts';

/** The names of what ran, by how it ended. */
interface Outcome {
  readonly passed: string[];
  readonly failed: string[];
  readonly skipped: string[];
}

const { values, positionals } = readArguments({ options: { all: { type: 'boolean', default: false } }, allowPositionals: true });
if (values.all) process.env['GOATHERD_TEST_ALL'] = '1';

const outcome: Outcome = { passed: [], failed: [], skipped: [] };
if (positionals.length === 0) runChecks();
try {
  await runTests(positionals);
} catch (error) {
  console.error(error);
  outcome.failed.push('vitest itself');
}
if (outcome.passed.length + outcome.failed.length + outcome.skipped.length === 0) outcome.failed.push('no test was found');
report();

/** A check counts as a test, so that the exit status and the counts never contradict one another. */
function runChecks(): void {
  for (const check of checks.filter(({ quick }) => quick)) {
    (passes(check, { fix: false }) ? outcome.passed : outcome.failed).push(`check: ${check.name}`);
  }
}

async function runTests(filters: string[]): Promise<void> {
  const vitest = await startVitest(filters, { watch: false, reporters: ['default'] });
  for (const module of vitest.state.getTestModules()) collect(module);
  for (const error of vitest.state.getUnhandledErrors()) outcome.failed.push(`unhandled error: ${messageOf(error)}`);
  await vitest.close();
}

function collect(module: TestModule): void {
  const file = relative(process.cwd(), module.moduleId);
  if (module.errors().length > 0) outcome.failed.push(file);
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) outcome.failed.push(`${file} > ${suite.fullName}`);
  }
  for (const test of module.children.allTests()) {
    const name = `${file} > ${test.fullName}`;
    const result = test.result();
    switch (result.state) {
      case 'passed':
        outcome.passed.push(name);
        break;
      case 'skipped':
        outcome.skipped.push(result.note === undefined ? name : `${name} (${result.note})`);
        break;
      case 'failed':
        outcome.failed.push(name);
        break;
      case 'pending':
        outcome.failed.push(`${name} (did not run)`);
        break;
    }
  }
}

function messageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message).split('\n', 1)[0] ?? '';
}

/** Ends the process: a handle that a test left open must not keep a finished run alive. */
function report(): never {
  for (const name of outcome.skipped) console.log(`skipped: ${name}`);
  for (const name of outcome.failed) console.log(`failed: ${name}`);
  const skipped = outcome.skipped.length > 0 ? `, ${outcome.skipped.length} skipped` : '';
  console.log(`${outcome.passed.length} passed, ${outcome.failed.length} failed${skipped}`);
  process.exit(outcome.failed.length > 0 ? 1 : 0);
}
