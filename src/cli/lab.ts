import { Command, type CommanderError, InvalidArgumentError } from 'commander';
import { GoatherdError } from '../lib/errors.ts';
import type { UpOptions } from './lab-work.ts';

/** `goatherd lab up|down|status`: throw-away local clusters. Exit codes 0, 1, and 64 for usage. */
export function labCommand(): Command {
  const lab = new Command('lab').description('throw-away local PostgreSQL clusters to try goatherd on');
  lab
    .command('up')
    .description('start a hub and some clusters and write a topology over them')
    .option('--clusters <n>', 'how many clusters beside the hub (default: 3)', clusterCount)
    .option('--names <a,b,c>', 'their names, in the order of the chain', (text) => text.split(',').map((name) => name.trim()))
    .option('--dir <folder>', 'where to keep everything (default: a new temporary folder)')
    .option('--dbname <name>', 'the database on each cluster', 'orders')
    .option('--durable', 'fsync on: slower, and what benchmarks need')
    .action(async (options: UpOptions) => report(async () => (await import('./lab-work.ts')).up(options)));
  lab
    .command('down')
    .description('end its Bucardo daemons and servers and remove its folder')
    .option('--dir <folder>', 'which lab (default: the one started last)')
    .option('--all', 'every lab of this user, those of tests too, and the template that makes the next one quick')
    .action(async (options: { dir?: string; all?: true }) => report(async () => (await import('./lab-work.ts')).down(options)));
  lab
    .command('status')
    .description('list clusters and ports')
    .option('--dir <folder>', 'which lab (default: all of this user)')
    .action(async (options: { dir?: string }) => report(async () => (await import('./lab-work.ts')).status(options)));
  for (const command of [lab, ...lab.commands]) command.exitOverride(exitAsUsage);
  return lab;
}

/** Commander ends with 1 on a wrong option; ours is 64. */
function exitAsUsage(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? 0 : 64);
}

function clusterCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 26) throw new InvalidArgumentError('a number from 1 to 26.');
  return count;
}

/** Says a GoatherdError to people and keeps its exit code; everything else is for main. */
async function report(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof GoatherdError)) throw error;
    process.stderr.write(`goatherd lab: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`);
    process.exitCode = error.code === 'BadName' ? 64 : 1;
  }
}
