#!/usr/bin/env -S node --max-semi-space-size=4
import { CommanderError } from 'commander';
import { commandTree } from './cli/command-tree.ts';
import { GoatherdError } from './lib/errors.ts';
import { USAGE } from './lib/exit-codes.ts';

/** A reader that went away (`| head`) is no error, and no reason to leave a run half done: what is begun ends, unheard, with its own exit code. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await commandTree().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  else if (error instanceof GoatherdError) {
    process.stderr.write(`goatherd: ${error.message}\n${error.hint === '' ? '' : `hint: ${error.hint}\n`}`);
    process.exitCode = 1;
  } else throw error;
}
