/**
 * HTML that is escaped by construction: text becomes HTML only through the tag `html`, which escapes everything that is put into it and
 * is not HTML itself. Values of attributes stand in double quotes.
 */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Only for what is written in the source: a template, the style sheet, the script. */
  static written(text: string): Html {
    return new Html(text);
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template takes: null, undefined and false give nothing, lists what their parts give one after the other. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A piece of HTML; what is put in is text unless it is HTML already. */
export function html(strings: TemplateStringsArray, ...parts: readonly Content[]): Html {
  const text = strings.map((string, index) => (index === 0 ? string : textOf(parts[index - 1]) + string)).join('');
  return Html.written(text);
}

function textOf(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Html) return content.toString();
  if (typeof content === 'object') return content.map(textOf).join('');
  return String(content).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
