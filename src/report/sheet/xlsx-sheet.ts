import { type AboutLine, type Cell, type Column, type Row, UNREADABLE, UNREADABLE_TEXT } from "./table.ts";
import { columnLetters, dateSerial, isExactNumber, textValue } from "./xlsx-cell.ts";
import { styles, worksheetStart } from "./xlsx-package.ts";

/** The most rows of a sheet, titles included. */
export const MAX_ROWS = 1_048_576;
/** Characters that are compressed together: a few milliseconds. */
const PIECE = 64 * 1024;
/** Widths of columns, in characters. */
const MIN_WIDTH = 8;
const MAX_WIDTH = 60;
const MAX_LABEL_WIDTH = 24;

/** A table with more rows than a sheet has. */
export class TooManyRows extends Error {
  constructor() {
    super(
      `The report has more rows than the ${MAX_ROWS - 1} that a sheet has. Ask for it as CSV or Parquet.`,
    );
  }
}

/** A sheet with titles that stay in view, a filter, and the rows of a table, as texts that follow each other. */
export function* worksheetTexts(
  columns: readonly Column[],
  batches: Iterable<readonly Row[]>,
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
  let isBegun = false;
  for (const rows of batches) {
    let text = "";
    if (!isBegun) text = start(columns, letters, rows);
    if (!isBegun) count = 1;
    isBegun = true;
    for (const row of rows) {
      text += printRow(row);
      if (text.length < PIECE) continue;
      yield text;
      text = "";
    }
    yield text;
  }
  if (!isBegun) yield start(columns, letters, []);
  const filter = `<autoFilter ref="A1:${letters.at(-1) ?? "A"}${Math.max(count, 1)}"/>`;
  yield `</sheetData>${filter}</worksheet>`;
}

/** What stands before the rows; the widths are those of the first ones. */
function start(columns: readonly Column[], letters: readonly string[], rows: readonly Row[]): string {
  const widths = columns.map(({ title }, index) =>
    rows.reduce((width, row) => Math.max(width, String(row[index] ?? "").length + 2), title.length + 4),
  );
  const titles = columns.map(
    ({ title }, index) =>
      `<c r="${letters[index]}1" s="${styles.title}" t="inlineStr">${textValue(title)}</c>`,
  );
  return `${worksheetStart}<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>${printWidths(widths)}<sheetData><row r="1">${titles.join("")}</row>`;
}

function printWidths(widths: readonly number[]): string {
  const cols = widths.map((width, index) => {
    const clamped = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width));
    return `<col min="${index + 1}" max="${index + 1}" width="${clamped}" customWidth="1"/>`;
  });
  return cols.length === 0 ? "" : `<cols>${cols.join("")}</cols>`;
}

/** The rest of a cell's element, up to its end. */
function printCell(cell: Exclude<Cell, null>, type: Column["type"]): string {
  if (cell === UNREADABLE) return ` t="e"><v>${UNREADABLE_TEXT}</v>`;
  if (typeof cell === "boolean") return ` t="b"><v>${cell ? 1 : 0}</v>`;
  if (typeof cell === "number") return `><v>${cell}</v>`;
  if (type === "decimal" && isExactNumber(cell)) return ` s="${styles.decimal}"><v>${cell}</v>`;
  const serial = type === "date" ? dateSerial(cell) : undefined;
  if (serial !== undefined) return ` s="${styles.date}"><v>${serial}</v>`;
  return ` t="inlineStr">${textValue(cell)}`;
}

/** A sheet of labels and what they stand for. */
export function* aboutTexts(lines: readonly AboutLine[]): Generator<string, void, void> {
  yield `${worksheetStart}${printWidths([MAX_LABEL_WIDTH, MAX_WIDTH])}<sheetData>`;
  for (const [index, { label, value, type = "text" }] of lines.entries()) {
    const row = index + 1;
    const labelCell = `<c r="A${row}" s="${styles.title}" t="inlineStr">${textValue(label)}</c>`;
    yield `<row r="${row}">${labelCell}<c r="B${row}"${printCell(value, type)}</c></row>`;
  }
  yield "</sheetData></worksheet>";
}
