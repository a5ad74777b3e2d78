import { styleText } from 'node:util';
import { paintedStyle, plainStyle, type Style } from '../report/style.ts';

/** Decoration for a stream that shows it: a terminal, no NO_COLOR, a TERM that is not dumb. */
export function reportStyle(stream: { readonly isTTY?: boolean | undefined }): Style {
  const plain = stream.isTTY !== true || (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return plain ? plainStyle : paintedStyle((format, text) => styleText(format, text, { validateStream: false }));
}
