import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { commandTree } from '../src/cli/command-tree.ts';
import { metricFamilies, metricPrefix } from '../src/report/metrics/metrics-text.ts';
import { FINDING_TEXT } from '../src/plan/preflight/fitness.ts';

/**
 * Parts of the documentation that are made from what they describe: the keys of the schemas, the commands' help, the texts of preflight.
 * They stand between `<!-- made: NAME -->` and `<!-- end -->`; the words around them are written by hand.
 */
const root = join(import.meta.dirname, '..');

/** The documents that hold made parts, below the checkout. */
export const documents = ['docs/topology.md', 'docs/host-settings.md', 'docs/commands.md', 'docs/plan.md', 'docs/watching.md'] as const;

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly patternErrorMessage?: string;
}

/** The document's text with every made part made anew. */
export async function generateDocument(file: (typeof documents)[number]): Promise<string> {
  const text = await readFile(join(root, file), 'utf8');
  const parts = await Promise.all(
    [...text.matchAll(/<!-- made: (.+?) -->/g)].map(async ([, name = '']) => [name, await made(name)] as const),
  );
  const madeParts = new Map(parts);
  return text.replaceAll(
    /<!-- made: (.+?) -->\n[^]*?<!-- end -->/g,
    (_, name: string) => `<!-- made: ${name} -->\n\n${madeParts.get(name)?.trim() ?? ''}\n\n<!-- end -->`,
  );
}

async function made(name: string): Promise<string> {
  const [kind = '', argument = ''] = name.split(/ (.*)/, 2);
  switch (kind) {
    case 'keys':
      return keys(argument);
    case 'help':
      return help(argument);
    case 'findings':
      return findings();
    case 'metrics':
      return metrics();
    default:
      throw new Error(`nothing makes the part "${name}"`);
  }
}

/** `FILE`: the keys of the whole; `FILE#DEFINITION`: those of one definition; `FILE/KEY`: those below one key. */
async function keys(argument: string): Promise<string> {
  const [file = '', place = ''] = argument.split(/(?=[#/])/, 2);
  const whole = JSON.parse(await readFile(join(root, 'schemas', `${file}.schema.json`), 'utf8')) as Schema;
  const resolved = (schema: Schema): Schema => {
    const target = schema.$ref === undefined ? undefined : whole.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target === undefined ? schema : { ...resolved(target), ...schema };
  };
  const part = place.startsWith('#') ? whole.$defs?.[place.slice(1)] : place.startsWith('/') ? whole.properties?.[place.slice(1)] : whole;
  if (part === undefined) throw new Error(`the schema ${file} has no ${place}`);
  const schema = resolved(part);
  const lines = Object.entries(schema.properties ?? {}).map(([key, raw]) => {
    const property = resolved(raw);
    return row([`\`${key}\``, valueOf(property), defaultOf(property, schema.required?.includes(key) === true), property.description ?? '']);
  });
  return [row(['key', 'value', 'default', 'meaning']), '|---|---|---|---|', ...lines].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')).join(' | ')} |`;
}

function valueOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (schema.patternErrorMessage !== undefined) return schema.patternErrorMessage;
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'object') return 'mapping';
  if (schema.type === 'array') return 'list';
  const range = schema.minimum === undefined ? '' : `, ${schema.minimum} to ${schema.maximum ?? '…'}`;
  return `${schema.type ?? 'mapping or text'}${range}`;
}

function defaultOf(schema: Schema, required: boolean): string {
  if (schema.default === undefined) return required ? 'required' : '';
  return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``;
}

/** What `goatherd … --help` prints where it is no terminal. */
function help(name: string): string {
  const words = name.split(' ').filter((word) => word !== '');
  const command = words.reduce<Command>((above, word) => {
    const found = above.commands.find((one) => one.name() === word);
    if (found === undefined) throw new Error(`there is no command ${name}`);
    return found;
  }, commandTree());
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80, getOutHasColors: () => false }).outputHelp();
  return `\`\`\`text\n$ goatherd ${[...words, '--help'].join(' ')}\n${text.trimEnd()}\n\`\`\``;
}

function findings(): string {
  const lines = Object.entries(FINDING_TEXT).map(([code, { message, hint }]) => row([`\`${code}\``, message, hint]));
  return [row(['code', 'what it says', 'what to do']), '|---|---|---|', ...lines].join('\n');
}

function metrics(): string {
  const lines = metricFamilies.map(({ name, type, labels, help }) =>
    row([`\`${metricPrefix}${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help]),
  );
  return [row(['metric', 'type', 'labels', 'says']), '|---|---|---|---|', ...lines].join('\n');
}

if (import.meta.main) for (const file of documents) await writeFile(join(root, file), await generateDocument(file));
