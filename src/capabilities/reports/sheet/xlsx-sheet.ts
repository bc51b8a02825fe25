import {
  type AboutLine,
  type Cell,
  type Column,
  type ColumnType,
  isNumeric,
  type Row,
  UNREADABLE,
  UNREADABLE_TEXT,
} from "./table.ts";
import { columnLetters, dateSerial, escapeXml, isExactNumber, textValue } from "./xlsx-cell.ts";
import { printSetup, styles, worksheetStart } from "./xlsx-package.ts";
import type { TotalCell } from "./xlsx-table.ts";

/** The most rows of a sheet, titles included. */
export const MAX_ROWS = 1_048_576;
/** Characters that are compressed together: a few milliseconds. */
const PIECE = 64 * 1024;
/** Widths of columns, in characters. */
const MIN_WIDTH = 8;
const MAX_WIDTH = 60;
const MAX_LABEL_WIDTH = 24;
/** The width that holds any value of a type: a number or day without room shows as `###`. */
const TYPE_WIDTHS: Partial<Record<ColumnType, number>> = {
  integer: 12,
  number: 14,
  decimal: 20,
  date: 12,
  moment: 26,
};
/** Added to a title, for the button of its filter, and to a text. */
const TITLE_SPACE = 4;
const CELL_SPACE = 2;
/** Characters of a title: a table allows 255. */
const MAX_TITLE = 240;
const MINUTES = 24 * 60;

/** A table with more rows than a sheet has. */
export class TooManyRows extends Error {
  constructor() {
    super(
      `The report has more rows than the ${MAX_ROWS - 1} that a sheet has. Ask for it as CSV or Parquet.`,
    );
  }
}

/** The titles of columns as a table of a sheet can have them: in one line, and no two alike but for capitals. */
export function sheetTitles(columns: readonly Column[]): readonly string[] {
  const seen = new Set<string>();
  return columns.map(({ title }) => {
    const plain = title.replace(/\s+/g, " ").slice(0, MAX_TITLE);
    let unique = plain;
    for (let number = 2; seen.has(unique.toLowerCase()); number++) unique = `${plain} (${number})`;
    seen.add(unique.toLowerCase());
    return unique;
  });
}

/**
 * A sheet with titles that stay in view, the rows of a table, and what they come to, as texts that follow each other.
 * `totals` is asked for the row of totals once the rows have been read.
 */
export function* worksheetTexts(
  columns: readonly Column[],
  sheetTitles: readonly string[],
  batches: Iterable<readonly Row[]>,
  totals: () => readonly (TotalCell | undefined)[],
): Generator<string, void, void> {
  const letters = columns.map((_, index) => columnLetters(index));
  let count = 0;
  const printRow = (row: Row): string => {
    count += 1;
    if (count > MAX_ROWS) throw new TooManyRows();
    let text = `<row r="${count}">`;
    for (let index = 0; index < row.length; index++) {
      const cell = row[index] ?? null;
      const { type } = columns[index] as Column;
      // An empty text would count as a value.
      if (cell !== null && cell !== "")
        text += `<c r="${letters[index]}${count}"${printCell(cell, type)}</c>`;
    }
    return `${text}</row>`;
  };
  for (const rows of batches) {
    let text = count === 0 ? start(columns, sheetTitles, letters, rows) : "";
    count ||= 1;
    for (const row of rows) {
      text += printRow(row);
      if (text.length < PIECE) continue;
      yield text;
      text = "";
    }
    yield text;
  }
  if (count === 0) yield start(columns, sheetTitles, letters, []);
  const cells = totals().map((cell, index) => printTotal(cell, `${letters[index]}${count + 1}`));
  if (cells.length > 0) yield `<row r="${count + 1}">${cells.join("")}</row>`;
  yield `</sheetData>${printSetup}<tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>`;
}

function printTotal(cell: TotalCell | undefined, reference: string) {
  if (!cell) return "";
  if ("label" in cell) return `<c r="${reference}" t="inlineStr">${textValue(cell.label)}</c>`;
  const style = cell.value.includes(".") ? ` s="${styles.decimal}"` : "";
  return `<c r="${reference}"${style}><f>${escapeXml(cell.formula)}</f><v>${cell.value}</v></c>`;
}

/** The part before the rows. Columns of texts are as wide as the first batch needs. */
function start(
  columns: readonly Column[],
  sheetTitles: readonly string[],
  letters: readonly string[],
  rows: readonly Row[],
): string {
  const longestText = (index: number) =>
    rows.reduce((most, row) => Math.max(most, String(row[index] ?? "").length), 0);
  const widths = columns.map(({ title, type }, index) =>
    Math.max(title.length + TITLE_SPACE, TYPE_WIDTHS[type] ?? longestText(index) + CELL_SPACE),
  );
  const titles = sheetTitles.map(
    (title, index) => `<c r="${letters[index]}1" s="${styles.title}" t="inlineStr">${textValue(title)}</c>`,
  );
  return `${worksheetStart}<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>${printWidths(widths)}<sheetData><row r="1">${titles.join("")}</row>`;
}

function printWidths(widths: readonly number[]) {
  const cols = widths.map((width, index) => {
    const clamped = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width));
    return `<col min="${index + 1}" max="${index + 1}" width="${clamped}" customWidth="1"/>`;
  });
  return cols.length === 0 ? "" : `<cols>${cols.join("")}</cols>`;
}

/** The rest of a cell's element, up to its end. */
function printCell(cell: Exclude<Cell, null>, type: Column["type"]) {
  if (cell === UNREADABLE) return ` t="e"><v>${UNREADABLE_TEXT}</v>`;
  const text = String(cell);
  if (type === "boolean" && typeof cell === "boolean") return ` t="b"><v>${cell ? 1 : 0}</v>`;
  if (isNumeric(type) && (typeof cell === "number" || isExactNumber(text)))
    return `${type === "decimal" ? ` s="${styles.decimal}"` : ""}><v>${text}</v>`;
  const serial = type === "date" ? dateSerial(text) : undefined;
  if (serial !== undefined) return ` s="${styles.date}"><v>${serial}</v>`;
  return ` t="inlineStr">${textValue(text)}`;
}

/** A sheet of labels and what they stand for. */
export function* aboutTexts(lines: readonly AboutLine[]): Generator<string, void, void> {
  yield `${worksheetStart}${printWidths([MAX_LABEL_WIDTH, MAX_WIDTH])}<sheetData>`;
  for (const [
    index,
    { label, value, type = typeof value === "number" ? "number" : "text" },
  ] of lines.entries()) {
    const row = index + 1;
    const labelCell = `<c r="A${row}" s="${styles.title}" t="inlineStr">${textValue(label)}</c>`;
    yield `<row r="${row}">${labelCell}<c r="B${row}"${type === "moment" ? printMoment(value) : printCell(value, type)}</c></row>`;
  }
  yield `</sheetData>${printSetup}</worksheet>`;
}

/** A local moment, `2026-11-25 16:35`, as a day and a part of it. */
function printMoment(value: string | number) {
  const [day = "", time = ""] = String(value).split(" ");
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const serial = dateSerial(day);
  if (serial === undefined) return printCell(value, "text");
  return ` s="${styles.moment}"><v>${serial + (hours * 60 + minutes) / MINUTES}</v>`;
}
