import { Argument, Command } from 'commander';
import { ASK, completionScript, FILES_LINE, type Shell, SHELLS } from './scripts.ts';

/** `goatherd completion bash|zsh|fish`, and what its scripts ask at each Tab, which is in no help. */
export function addCompletion(root: Command): void {
  root
    .command('completion')
    .description('print what completes commands, options and the names of links in a shell, such as: source <(goatherd completion bash)')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .exitOverride()
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell));
    });
  const ask = new Command(ASK).argument('[word...]').exitOverride();
  ask.action(async (words: string[]) => {
    const [{ complete }, { namesOfPaths }, { conditionTypes }] = await Promise.all([
      import('./candidates.ts'),
      import('./names.ts'),
      import('../../report/status/wish.ts'),
    ]);
    const found = await complete(root, words, conditionTypes, namesOfPaths);
    process.stdout.write(
      found.kind === 'files' ? `${FILES_LINE}\n` : found.words.map(({ word, meaning }) => `${word}\t${meaning}\n`).join(''),
    );
  });
  root.addCommand(ask, { hidden: true });
}
