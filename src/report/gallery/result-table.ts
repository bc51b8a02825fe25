import {
  type Cell,
  type Column,
  type ColumnType,
  type Row,
  UNREADABLE,
  UNREADABLE_TEXT,
} from "../sheet/table.ts";
import { type Content, Html, html } from "./html.ts";

/** How numbers are written. */
export type Locale = "en" | "de";

/** Rows, and what is below them. */
interface ShownTable {
  /** For those who do not see it. */
  readonly caption: string;
  readonly columns: readonly Pick<Column, "title" | "type">[];
  readonly rows: readonly Row[];
  /** The total of each column, null where it has none; undefined if none has. */
  readonly totals?: Row | undefined;
}

/** Renders a table that can be scrolled by keyboard; numbers are aligned at their right. */
export function renderTable({ caption, columns, rows, totals }: ShownTable, locale: Locale): Html {
  const alignments = columns.map(({ type }) => {
    const alignment = isNumeric(type) ? "number" : type === "date" || type === "moment" ? "day" : undefined;
    return alignment && new Html(` class="${alignment}"`);
  });
  const renderCell = (cell: Cell, index: number): Content => {
    const type = columns[index]?.type ?? "text";
    const text = formatCell(cell, type, locale);
    return html`<td${alignments[index]}>${cell === UNREADABLE ? html`<abbr title="It could not be read">${text}</abbr>` : text}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table>
<caption class="unseen">${caption}</caption>
<thead><tr>${columns.map(({ title }, index) => html`<th scope="col"${alignments[index]}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map(renderCell)}</tr>\n`)}</tbody>
${totals && html`<tfoot>${renderTotals(totals, renderCell)}</tfoot>`}
</table>
</div>`;
}

/** The first cell of the row of totals says what it is, unless it has a total itself. */
function renderTotals(totals: Row, renderCell: (cell: Cell, index: number) => Content): Html {
  const [first = null, ...others] = totals;
  const label = first === null ? html`<th scope="row">Total</th>` : renderCell(first, 0);
  return html`<tr>${label}${others.map((total, index) => renderCell(total, index + 1))}</tr>`;
}

/** Whether values are aligned at their right. */
const isNumeric = (type: ColumnType): boolean =>
  type === "integer" || type === "number" || type === "decimal";

/** A value for people: digits of numbers in groups of three, exactly; days as they are; flags as words. */
export function formatCell(cell: Cell, type: ColumnType, locale: Locale): string {
  if (cell === null) return "";
  if (cell === UNREADABLE) return UNREADABLE_TEXT;
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (isNumeric(type)) return groupDigits(String(cell), locale);
  return type === "moment"
    ? String(cell)
        .replace("T", " ")
        .replace(/(\.\d+)?Z$/, " UTC")
    : String(cell);
}

/** `-1234567.50` is `−1,234,567.50`. What is no plain number stays as it is. */
function groupDigits(number: string, locale: Locale): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(number);
  if (!parts) return number;
  const [, sign, whole = "", fraction] = parts;
  const [separator, point] = locale === "de" ? [".", ","] : [",", "."];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, separator);
  return `${sign && "−"}${grouped}${fraction === undefined ? "" : point + fraction}`;
}
