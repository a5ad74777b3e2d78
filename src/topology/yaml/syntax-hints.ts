/** What a YAML reader complains of, in words for people. */
import type { YAMLError } from 'yaml';
import type { SourceFile } from './source.ts';

/** The word that stands at an offset, as it may be shown. */
export function wordAt(offset: number, source: SourceFile): string {
  const { line, column } = source.position(offset);
  return /^[^\s,\]}:#]{1,60}/.exec(source.line(line).slice(column - 1))?.[0] ?? '';
}

/** The rest of the line at a fault. */
function lineAt(fault: YAMLError, source: SourceFile): string {
  const { line, column } = source.position(fault.pos[0]);
  return source
    .line(line)
    .slice(column - 1, column + 40)
    .trimEnd();
}

/** One line, without a full stop. */
export function messageForSyntax(fault: YAMLError, source: SourceFile): string {
  switch (fault.code) {
    case 'MULTIPLE_DOCS':
      return 'the file holds more than one YAML document';
    case 'TAB_AS_INDENT':
      return 'tabs may not indent';
    case 'TAG_RESOLVE_FAILED':
      return `YAML tags are not read: \`${wordAt(fault.pos[0], source)}\``;
    case 'NON_STRING_KEY':
      return 'a key must be a plain text';
    case 'BLOCK_IN_FLOW':
      return 'a comma is missing between two entries';
    case 'MULTILINE_IMPLICIT_KEY':
      return `\`${lineAt(fault, source)}\` is a text where \`key: value\` is expected`;
    case 'BAD_INDENT':
      if (fault.message.startsWith('Flow'))
        return `a ${fault.message.startsWith('Flow map') ? 'brace {' : 'bracket ['} is opened above and not closed before here`;
      return 'this line is indented less or more than the lines that it belongs to';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a second `key: value` in one line';
    case 'MISSING_CHAR':
      if (fault.message.startsWith('Missing closing')) return 'a quoted text has no end';
      if (fault.message.startsWith('Implicit map keys'))
        return `\`${wordAt(fault.pos[0], source)}\` is a text where \`key: value\` is expected`;
      return withoutQuotation(fault.message);
    case 'BAD_DQ_ESCAPE':
      return 'in double quotes a backslash begins an escape, and YAML does not know this one';
    case 'BAD_SCALAR_START':
      return `a text may not begin with ${fault.message.at(-1) ?? ''}`;
    default:
      return withoutQuotation(fault.message);
  }
}

/** What to do about it, where the reader's message alone does not say so. */
export function hintForSyntax(fault: YAMLError, source: SourceFile): string | undefined {
  switch (fault.code) {
    case 'MULTIPLE_DOCS':
      return 'write each topology into a file of its own, without `---` between them';
    case 'TAB_AS_INDENT':
      return 'indent with spaces';
    case 'TAG_RESOLVE_FAILED':
      return 'leave the tag out; a text that begins with ! needs quotes';
    case 'BAD_ALIAS':
      return 'a text that begins with * needs quotes: "*.*"';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'put it on a line of its own, or put braces around both: {key: value, key: value}';
    case 'BAD_INDENT':
      if (fault.message.startsWith('Flow'))
        return `put the ${fault.message.startsWith('Flow map') ? '}' : ']'} where the value ends; lines between must be indented`;
      return 'keys of one mapping begin in the same column, and so do the dashes of one list';
    case 'MISSING_CHAR':
      if (fault.message.startsWith('Implicit map keys')) return 'write a colon and a space behind the key';
      if (fault.message.includes('flow map') || fault.message.includes('flow seq'))
        return 'a comma stands between two entries in { } and in [ ]';
      if (fault.message.startsWith('Missing closing'))
        return `look for a ${fault.message.includes('"') ? 'double' : 'single'} quote that is opened and not closed`;
      return undefined;
    case 'BAD_DQ_ESCAPE':
      return 'use single quotes, or write \\\\ for a backslash';
    case 'BLOCK_IN_FLOW':
      return 'a comma stands between two entries in { } and in [ ]';
    case 'MULTILINE_IMPLICIT_KEY':
      return 'write a colon and a space behind the key';
    case 'BAD_SCALAR_START':
      return `put the text in quotes: "${wordAt(fault.pos[0], source)}"`;
    case 'UNEXPECTED_TOKEN':
      return 'look for a bracket, brace, comma or quote that is missing or left over before here';
    default:
      return undefined;
  }
}

/** The reader's own words without what it quotes of the file, which may be part of a password. */
function withoutQuotation(message: string): string {
  const text = message.replace(/: .*$/s, '');
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
