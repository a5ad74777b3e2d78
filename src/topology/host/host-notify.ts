import { LONGEST_MS, parseDuration } from '../durations.ts';
import { reference } from './host-listen.ts';
import type { Problem, Receiver, SecretRef } from '../model.ts';
import type { ParsedFile } from '../yaml/parse.ts';
import type { HostFile } from '../schema-types.ts';

type Given = NonNullable<HostFile['notify']>[number];

const defaultHoldMs = 300_000;
const defaultRepeatMs = 4 * 3_600_000;

/** The key `notify` with its defaults; every entry has been seen to have one of webhook and command. */
export function receiversOf(given: HostFile['notify']): readonly Receiver[] {
  return (given ?? []).map((one) => {
    const policy = {
      severity: one.severity ?? 'warning',
      holdMs: milliseconds(one.hold) ?? defaultHoldMs,
      repeatMs: milliseconds(one.repeat) ?? defaultRepeatMs,
    };
    if (one.command !== undefined) return { ...policy, kind: 'command', command: one.command };
    return { ...policy, kind: 'webhook', url: urlOf(one.webhook), headers: headersOf(one) };
  });
}

function urlOf(given: Given['webhook']): string | SecretRef {
  return typeof given === 'string' ? given : (reference(given) ?? '');
}

function headersOf({ headers = {} }: Given): Readonly<Record<string, SecretRef>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, given]) => {
      const found = reference(given);
      return found === null ? [] : [[name, found]];
    }),
  );
}

/** What the schema cannot say: each entry is either a webhook or a command. */
export function receiverProblems(given: HostFile['notify'], parsed: ParsedFile): Problem[] {
  return (given ?? []).flatMap((one, index) => {
    const message = fault(one, index + 1);
    if (message === null) return [];
    const at = parsed.at(['notify', index], 'value');
    return [parsed.source.problem(at, { code: 'BadValue', message, hint: 'write `{webhook: URL}` or `{command: [PROGRAM, ARGUMENT]}`' })];
  });
}

function fault({ webhook, headers, command }: Given, number: number): string | null {
  if (webhook === undefined && command === undefined) return `receiver ${number} of \`notify\` has neither a webhook nor a command`;
  if (webhook !== undefined && command !== undefined) return `receiver ${number} of \`notify\` has both a webhook and a command`;
  if (command !== undefined && headers !== undefined) return `receiver ${number} of \`notify\` has headers for a command`;
  return command?.[0] === '' ? `receiver ${number} of \`notify\` names no program` : null;
}

function milliseconds(text: string | undefined): number | undefined {
  const found = text === undefined ? undefined : parseDuration(text);
  return found === undefined ? undefined : Math.min(found, LONGEST_MS);
}
