import { type Content, Html, html } from "../../../server/index.ts";
import type { ReportColumn } from "../definition/columns.ts";
import type { Report } from "../definition/report.ts";
import type { ComparedRow } from "../run/compared-rows.ts";
import { type Notation, titleOf, writeValue } from "../run/written-value.ts";
import { isNumeric, type SheetRow, UNREADABLE } from "../sheet/table.ts";
import type { Subtotal } from "./shown-rows.ts";

/** A column of a page: one column of the report, or several shown together. */
export interface PageColumn extends Omit<ReportColumn, "path" | "derived"> {
  /** The indexes of its values in a row. */
  readonly indexes: readonly number[];
  readonly between: string;
  /** The text for a true flag; a false one is empty. */
  readonly yes?: string;
}

/** Returns the columns of a page. The one that names a row comes first. */
export function pageColumns({ columns, joined }: Pick<Report, "columns" | "joined">, notation: Notation) {
  const [name] = joined;
  const made: PageColumn[] = [];
  for (const column of columns) {
    const group = joined.find(({ of }) => of.includes(column));
    if (group && group.of[0] !== column) continue;
    const { of, between } = group ?? { of: [column], between: "" };
    const page: PageColumn = {
      ...(of.at(-1) ?? column),
      title: group?.title ?? titleOf(column, notation),
      total: column.total,
      indexes: of.map((one) => columns.indexOf(one)),
      between,
      yes: group?.yes,
    };
    if (group && group === name) made.unshift(page);
    else made.push(page);
  }
  return made;
}

/** Formats the value of a row in a column for display. */
export function writeCell(row: SheetRow, column: PageColumn, notation: Notation): string {
  const { yes } = column;
  const texts = column.indexes.map((index) => {
    const cell = row[index];
    if (typeof cell === "boolean" && yes) return cell ? yes : "";
    return writeValue(cell, column, notation);
  });
  return [...new Set(texts)].filter((text) => text !== "").join(column.between);
}

/** The space between columns, in characters. */
const SPACE = 2;
/** The maximum word length, in characters, that widens a text column; longer words are broken. */
const MAX_WORD = 24;
/** The maximum on a phone, and on paper, which cannot be scrolled. */
const MAX_WORD_IF_NARROW = 14;
/** The number of characters that fit on a phone, a tablet, a screen of 1,024 pixels, and on paper. */
const room = { phone: 44, tablet: 84, screen: 128, paper: 168 } as const;

/**
 * Returns the minimum width of a column in characters, whether its values are single words, and whether one must be
 * broken.
 */
function widthOf({ title, type }: PageColumn, texts: readonly string[]) {
  // Without a blank, a line may break only after a hyphen.
  const isWhole =
    isNumeric(type) ||
    (texts.some((text) => text.includes("-")) && texts.every((text) => /^\S{0,16}$/.test(text)));
  const longestWord = (text: string) =>
    isWhole ? text.length : Math.max(...text.split(" ").map((word) => word.length));
  const inTitle = Math.max(...title.split(" ").map((word) => word.length));
  const longest = texts.reduce((most, text) => Math.max(most, longestWord(text)), inTitle);
  const isBroken = !isWhole && longest > MAX_WORD;
  return { isWhole, isBroken, width: (isBroken ? MAX_WORD : longest) + SPACE };
}

/** Rows, and the content below them. */
interface ShownTable {
  /** The caption for screen readers. */
  readonly caption: string;
  readonly columns: readonly PageColumn[];
  readonly rows: readonly SheetRow[];
  /** The compared rows; undefined without a comparison. */
  readonly compared?: ReadonlyMap<SheetRow, ComparedRow>;
  readonly subtotals?: ReadonlyMap<number, Subtotal>;
  /** The column with the names of groups. */
  readonly grouped?: PageColumn;
  /** Whether each group starts a new page of paper. */
  readonly hasSheets?: boolean;
  /** The total of each column, null if it has none; undefined if no column has one. */
  readonly totals?: SheetRow;
  /** Shown above the titles on every page of paper. */
  readonly running: Content;
}

type SizedColumn = PageColumn & ReturnType<typeof widthOf>;

/**
 * Renders a table: numbers right-aligned, a fixed first column, and some columns only on request. Columns that do not
 * fit on paper are omitted there, and listed.
 */
export function renderTable(
  { caption, columns, rows, compared, subtotals, grouped, hasSheets, totals, running }: ShownTable,
  notation: Notation,
): Html {
  const earlier = rows.map((row) => compared?.get(row)?.before ?? []);
  const all = [...rows, ...(totals ? [totals] : []), ...earlier];
  const sized = columns.map((column): SizedColumn => {
    const texts = all.map((row) => writeCell(row, column, notation));
    return { ...column, ...widthOf(column, texts) };
  });
  const few = sized.filter(({ isMore }) => !isMore);
  const onPaper = fitting(few, room.paper, MAX_WORD_IF_NARROW);
  const onPhone = fitting(few, room.phone, MAX_WORD_IF_NARROW);
  const onTablet = fitting(few, room.tablet);
  const classes = sized.map((column) => {
    const names = [
      isNumeric(column.type) ? "number" : column.isWhole && "whole",
      column.isBroken && "broken",
      column.isMore ? "more" : !onPhone.has(column) && "off-phone",
      !column.isMore && !onTablet.has(column) && "off-tablet",
      !column.isMore && !onPaper.has(column) && "off-paper",
    ].filter((name) => name);
    return names.length > 0 ? new Html(` class="${names.join(" ")}"`) : undefined;
  });
  const renderRow = (row: SheetRow) => {
    const { change, before } = compared?.get(row) ?? {};
    const attributes = change && html` class="${change}"`;
    const cells = columns.map((column, index) => {
      const was =
        change === "changed" && before && !column.ages ? writeCell(before, column, notation) : undefined;
      return renderCell(row, column, index === 0, classes[index], notation, was);
    });
    return html`<tr${attributes}>${cells}</tr>\n`;
  };
  /** Renders a row of totals. The first cell contains the label, unless it has a total itself. */
  const renderTotals = (label: Content, sums: SheetRow) =>
    columns.map((column, index) => {
      const text = column.total ? writeCell(sums, column, notation) : "";
      if (index === 0) return html`<th scope="row"${classes[0]}>${text || label}</th>`;
      return html`<td${classes[index]}${column.total === "sum" && new Html(" data-sum")}>${text}</td>`;
    });
  const left = few.filter((column) => !onPaper.has(column)).map(({ title }) => title);
  const isWide = few.reduce((sum, { width }) => sum + width, 0) > room.screen;
  return html`${left.length > 0 && html`<p class="paper">Not on paper: ${left.join("; ")}. The Excel file has every column.</p>`}
<div class="${isWide ? "rows wide" : "rows"}" tabindex="0" role="region" aria-label="${caption}">
<table data-point="${notation.locale === "de" ? "," : "."}">
<caption class="unseen">${caption}</caption>
<thead><tr class="running"><th colspan="${columns.length}">${running}</th></tr>
<tr>${columns.map((column, index) => html`<th scope="col"${classes[index]}>${renderTitle(column, index)}</th>`)}</tr></thead>
<tbody>
${rows.map((row, index) => {
  const subtotal = subtotals?.get(index + 1);
  const name = (grouped && subtotal && writeCell(subtotal.row, grouped, notation)) || "–";
  const label = grouped && isNumeric(grouped.type) ? `${grouped.title} ${name}` : name;
  return [
    renderRow(row),
    subtotal &&
      html`<tr class="${hasSheets ? "subtotal sheet" : "subtotal"}">${renderTotals(html`<bdi>${label}</bdi>: together`, subtotal.totals)}</tr>\n`,
  ];
})}</tbody>
${totals && html`<tfoot><tr>${renderTotals("Total", totals)}</tr></tfoot>`}
</table>
</div>
${columns.map((column, index) => column.means && html`<div id="means-${index}" popover><b>${column.title}</b><p>${column.means}</p></div>`)}`;
}

/** Renders a title, and a button for its explanation. */
const renderTitle = ({ title, means }: PageColumn, index: number) =>
  html`<span class="title">${title}</span>${
    means !== undefined &&
    html`<button class="means" popovertarget="means-${index}" aria-label="What ${title} means">?</button>`
  }`;

function renderCell(
  row: SheetRow,
  column: PageColumn,
  isName: boolean,
  attributes: Content,
  notation: Notation,
  was: string | undefined,
) {
  const text = writeCell(row, column, notation);
  const isUnreadable = column.indexes.some((index) => row[index] === UNREADABLE);
  const shown = isUnreadable ? html`<abbr title="It could not be read">${text}</abbr>` : text;
  const content = was === undefined || was === text ? shown : html`<del>${was}</del> → <ins>${shown}</ins>`;
  return isName ? html`<th scope="row"${attributes}>${content}</th>` : html`<td${attributes}>${content}</td>`;
}

/**
 * Returns the columns that fit: the name, the columns that the report puts first (those with a total before others),
 * its first columns, shares, sums, and the others in order.
 */
function fitting(columns: readonly SizedColumn[], characters: number, maxWord = MAX_WORD) {
  const rankOf = (column: SizedColumn) => {
    if (column === columns[0]) return 0;
    if (column.isFirst) return column.total ? 1 : 1.5;
    if (column.indexes.includes(0)) return 2;
    if (!column.total) return 5;
    return column.total === "sum" ? 4 : 3;
  };
  const ranked = columns.toSorted((one, other) => rankOf(one) - rankOf(other));
  let left = characters;
  return new Set(
    ranked.filter(({ width, isBroken }) => {
      const needed = isBroken ? maxWord + SPACE : width;
      if (needed > left) return false;
      left -= needed;
      return true;
    }),
  );
}
