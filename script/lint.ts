import { checks, passes } from './checks.ts';
import { readArguments } from './read-arguments.ts';

const { values } = readArguments({ options: { fix: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } });

const failed: string[] = [];
for (const check of checks) {
  if (values.quick && !check.quick) continue;
  console.log(`lint: ${check.name}`);
  if (!passes(check, { fix: values.fix })) failed.push(check.name);
}

if (failed.length > 0) {
  console.error(`lint: failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
