import { styleText } from 'node:util';

export type Tone = 'error' | 'warning' | 'good' | 'strong' | 'faint';

/** Puts a text into a tone; a plain one leaves it as it is. */
export type Style = (tone: Tone, text: string) => string;

export const plainStyle: Style = (_tone, text) => text;

const formats = { error: ['bold', 'red'], warning: ['bold', 'yellow'], good: 'green', strong: 'bold', faint: 'dim' } as const;

/** Colours for a stream that shows them: a terminal, with no `NO_COLOR` in the environment and a `TERM` that is not dumb. */
export function styleFor(
  stream: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Style {
  const off = stream.isTTY !== true || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  // The decision is made here, so that node must not make it again from its own standard output.
  return off ? plainStyle : (tone, text) => styleText([formats[tone]].flat(), text, { validateStream: false });
}
