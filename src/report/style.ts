/**
 * How text is decorated. Decoration never carries meaning: every text reads the same without it.
 */
export interface Style {
  readonly heading: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** The formats of node:util's `styleText` that a style is made of. */
export type Paint = (format: 'bold' | 'green' | 'yellow' | 'red' | 'dim', text: string) => string;

const same = (text: string): string => text;

/** Undecorated: for files, pipes and `NO_COLOR`. */
export const plainStyle: Style = { heading: same, good: same, warn: same, bad: same, faint: same };

/**
 * Colours by way of `paint`: the caller, who knows the terminal, passes
 * `(format, text) => styleText(format, text, { validateStream: false })`. Empty text stays empty.
 */
export function paintedStyle(paint: Paint): Style {
  const one =
    (format: Parameters<Paint>[0]) =>
    (text: string): string =>
      text === '' ? '' : paint(format, text);
  return { heading: one('bold'), good: one('green'), warn: one('yellow'), bad: one('red'), faint: one('dim') };
}
