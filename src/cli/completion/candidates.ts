import type { Argument, Command, Option } from 'commander';

/** One word that may stand here, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** What may stand where the cursor is: words, or the name of a file, which the shell knows best. */
export type Completion = { readonly kind: 'words'; readonly words: readonly Candidate[] } | { readonly kind: 'files' };

/** What the topologies at hand are called; `paths`: those of the command line, none for the default. */
export interface Names {
  readonly topologies: readonly string[];
  readonly links: readonly string[];
}

/** The names that a command line asks for: what it takes as PATH so far. */
export type NamesOf = (paths: readonly string[]) => Promise<Names>;

const FILES: Completion = { kind: 'files' };

/**
 * What may stand for the last of `words`, which follow the command's name and are as the shell has split them. All of it comes from the
 * commands' own definitions: subcommands, options, their choices, and what their placeholders say they take.
 */
export async function complete(
  root: Command,
  given: readonly string[],
  conditions: readonly string[],
  namesOf: NamesOf,
): Promise<Completion> {
  // Bash splits `--output=json` at the sign.
  const words = given.filter((word, index) => word !== '=' || index === given.length - 1).map((word) => (word === '=' ? '' : word));
  const typed = words.at(-1) ?? '';
  const { command, rest } = walk(root, words.slice(0, -1));
  const { open, operands, values } = read(command, rest);
  const assigned = /^(?<name>--[\w-]+)=(?<value>.*)$/.exec(typed)?.groups;
  const asked = assigned === undefined ? open : optionsOf(command).find((one) => one.long === assigned['name']);
  const paths = [...values.filter(({ option }) => option.long === '--path').map(({ value }) => value), ...pathsAmong(command, operands)];
  if (asked !== undefined) {
    const taken = await valuesOf(placeholderOf(asked.flags), asked.argChoices, () => namesOf(paths), conditions);
    if (taken.kind === 'files') return taken;
    const prefix = assigned === undefined ? '' : `${assigned['name']}=`;
    return beginning(
      taken.words.map((one) => ({ ...one, word: prefix + one.word })),
      typed,
    );
  }
  if (typed.startsWith('-') && !rest.includes('--'))
    return beginning(
      optionsOf(command).map((one) => ({ word: one.long ?? one.flags, meaning: one.description })),
      typed,
    );
  if (command.commands.length > 0)
    return beginning(
      command
        .createHelp()
        .visibleCommands(command)
        .map((one) => ({ word: one.name(), meaning: one.description() })),
      typed,
    );
  const argument = argumentAt(command, operands.length);
  if (argument === undefined) return { kind: 'words', words: [] };
  const taken = await valuesOf(argument.name(), argument.argChoices, () => namesOf(paths), conditions);
  return taken.kind === 'files' ? taken : beginning(taken.words, typed);
}

/** The command that the words name, and the words after its name. */
function walk(root: Command, words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  let command = root;
  let at = 0;
  for (let index = 0; index < words.length; index += 1) {
    const option = optionsOf(command).find((one) => one.long === words[index] || one.short === words[index]);
    if (option !== undefined && takesValue(option)) index += 1;
    const below = option === undefined ? command.commands.find((one) => one.name() === words[index]) : undefined;
    if (below !== undefined) {
      command = below;
      at = index + 1;
    }
  }
  return { command, rest: words.slice(at) };
}

/** What the words before the cursor are to the command; `open`: the option whose value is wanted now. */
function read(
  command: Command,
  words: readonly string[],
): {
  readonly open: Option | undefined;
  readonly operands: readonly string[];
  readonly values: readonly { option: Option; value: string }[];
} {
  const operands: string[] = [];
  const values: { option: Option; value: string }[] = [];
  let open: Option | undefined;
  for (const word of words) {
    if (open !== undefined) {
      values.push({ option: open, value: word });
      open = undefined;
    } else if (word.startsWith('-')) {
      const [name = '', ...value] = word.split('=');
      const option = optionsOf(command).find((one) => one.long === name || one.short === name);
      if (option === undefined || !takesValue(option)) continue;
      if (value.length > 0) values.push({ option, value: value.join('=') });
      else open = option;
    } else operands.push(word);
  }
  return { open, operands, values };
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

/** The last argument takes all that follow where it is variadic. */
function argumentAt(command: Command, index: number): Argument | undefined {
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  return all[index] ?? (last?.variadic === true ? last : undefined);
}

function pathsAmong(command: Command, operands: readonly string[]): readonly string[] {
  return operands.filter((_, index) => argumentAt(command, index)?.name() === 'path');
}

/** `link` of `--only <link>`. */
function placeholderOf(flags: string): string {
  return /[<[](?<name>[\w,]+)/.exec(flags)?.groups?.['name'] ?? '';
}

/** What stands for a placeholder. */
async function valuesOf(
  placeholder: string,
  choices: readonly string[] | undefined,
  names: () => Promise<Names>,
  conditions: readonly string[],
): Promise<Completion> {
  const plain = (words: readonly string[], meaning: string): Completion => ({
    kind: 'words',
    words: words.map((word) => ({ word, meaning })),
  });
  if (choices !== undefined) return plain(choices, '');
  switch (placeholder) {
    case 'path':
    case 'file':
    case 'folder':
      return FILES;
    case 'link':
      return plain((await names()).links, 'link');
    case 'topology':
      return plain((await names()).topologies, 'topology');
    case 'address': {
      const { topologies, links } = await names();
      const all = [...topologies.map((word) => ({ word, meaning: 'topology' })), ...links.map((word) => ({ word, meaning: 'link' }))];
      return { kind: 'words', words: all };
    }
    case 'condition':
      return plain(conditions, 'condition');
    default:
      return plain([], '');
  }
}

function beginning(words: readonly Candidate[], typed: string): Completion {
  return { kind: 'words', words: words.filter(({ word }) => word.startsWith(typed)) };
}
