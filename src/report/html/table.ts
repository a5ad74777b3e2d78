import { type Content, type Html, html } from './html.ts';

export interface Column {
  readonly header: string;
  /** Numbers stand to the right, with digits of one width. */
  readonly number?: true;
  /** What a cell says of itself needs no name beside it on a narrow screen. */
  readonly plain?: true;
}

export interface Row {
  readonly cells: readonly Content[];
  /** Stands below the row, over its whole width. */
  readonly below?: Content;
}

/**
 * A table whose cells know their column's name: on a narrow screen each row becomes a small list of them, or, where it is `flowing`,
 * runs on as text.
 */
export function tableHtml(caption: string, columns: readonly Column[], rows: readonly Row[], style: 'listed' | 'flowing' = 'listed'): Html {
  const head = columns.map(({ header, number }) => html`<th scope="col"${number === true ? html` class="number"` : ''}>${header}</th>`);
  return html`<table class="${style}">
<caption class="unseen">${caption}</caption>
<thead><tr>${head}</tr></thead>
${rows.map((row) => rowHtml(columns, row))}</table>\n`;
}

function rowHtml(columns: readonly Column[], { cells, below }: Row): Html {
  const parts = columns.map((column, index) => cellHtml(column, cells[index]));
  const more = isEmpty(below)
    ? null
    : html`<tr class="below"><td class="empty"></td><td colspan="${columns.length - 1}">${below}</td></tr>`;
  return html`<tbody><tr>${parts}</tr>${more}</tbody>\n`;
}

function cellHtml({ header, number, plain }: Column, content: Content): Html {
  const empty = isEmpty(content);
  const names = [number === true ? 'number' : '', empty ? 'empty' : ''].filter((part) => part !== '').join(' ');
  const label = plain === true ? '' : html` data-label="${header}"`;
  return html`<td${label}${names === '' ? '' : html` class="${names}"`}><div>${empty ? '–' : content}</div></td>`;
}

function isEmpty(content: Content): boolean {
  return (
    content === null || content === undefined || content === false || content === '' || (Array.isArray(content) && content.length === 0)
  );
}
