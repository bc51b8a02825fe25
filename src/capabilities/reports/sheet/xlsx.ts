import { Zip, ZipDeflate } from "fflate";
import { DAY } from "../../../config/index.ts";
import { sizeOfDecimal } from "./decimal-sum.ts";
import {
  type AboutLine,
  type Cell,
  type Column,
  type ColumnTotal,
  type ColumnType,
  type FileParts,
  isNumeric,
  type SheetRow,
  type Table,
  UNREADABLE,
  UNREADABLE_TEXT,
} from "./table.ts";

/** The maximum number of characters in a cell. */
const MAX_TEXT = 32_767;
/** The maximum number of digits that spreadsheets do not round. */
const MAX_DIGITS = 15;
/** The day before the first one of Excel's calendar, which has a 29 February 1900. */
const EPOCH = Date.UTC(1899, 11, 31);
const LEAP_DAY = 60;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Matches characters that XML or its readers may drop, and texts that look like an escape. */
const UNPRINTABLE = /(?![\t\n])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}_)/gu;

/** Escapes a text for the XML of a workbook, in the form `_x000D_`. */
function escapeXml(text: string) {
  return text
    .replace(UNPRINTABLE, (char) => `_x${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`)
    .replace(/[&<>"]/g, (char) => entities[char] as string);
}

/** Returns the XML of an inline text cell. */
function textValue(text: string) {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
  return `<is><t xml:space="preserve">${escapeXml(cut)}</t></is>`;
}

/** Returns the serial number of a day, `YYYY-MM-DD`; undefined before 1900, which spreadsheets do not support. */
export function dateSerial(day: string): number | undefined {
  const days = (Date.parse(`${day}T00:00:00Z`) - EPOCH) / DAY;
  if (!(days >= 1)) return undefined;
  return days >= LEAP_DAY ? days + 1 : days;
}

/** Returns whether a spreadsheet keeps all digits of a decimal. */
export function isExactNumber(text: string): boolean {
  const size = sizeOfDecimal(text);
  if (!size) return false;
  const digits = text.replace(/[-.]/g, "").replace(/^0+/, "");
  return (size.scale > 0 ? digits.replace(/(?<!0)0+$/, "") : digits).length <= MAX_DIGITS;
}

/** Returns the letters of a column, counted from 0: `A`, `Z`, `AA`. */
function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const packageNamespace = "http://schemas.openxmlformats.org/package/2006";
const contentType = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** The maximum length of a sheet name in characters. */
const MAX_NAME = 31;

/** Returns a title as a valid sheet name. "About" is reserved for the other sheet. */
export function sheetNameOf(title: string): string {
  const name = title
    .replace(/[[\]:*?/\\\p{Cc}]/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[\s']+|(?<![\s'])[\s']+$/g, "");
  // Do not cut a surrogate pair in half.
  const cut = name
    .slice(0, MAX_NAME)
    .replace(/[\uD800-\uDBFF]$/, "")
    .trim();
  return cut === "" || /^(about|history)$/i.test(cut) ? "Rows" : cut;
}

/** The numbers of cell styles, in the order of `cellXfs`; 0 is plain. */
const styles = { title: 1, date: 2, decimal: 3, moment: 4 } as const;

const stylesheet = `${declaration}<styleSheet xmlns="${main}"><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="#,##0.00########"/><numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

/** Returns the parts of a workbook besides its two sheets, by name. */
function packageParts(sheetName: string): readonly (readonly [name: string, xml: string])[] {
  return [
    [
      "[Content_Types].xml",
      `${declaration}<Types xmlns="${packageNamespace}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${contentType}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${contentType}.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="${contentType}.worksheet+xml"/><Override PartName="/xl/tables/table1.xml" ContentType="${contentType}.table+xml"/><Override PartName="/xl/styles.xml" ContentType="${contentType}.styles+xml"/></Types>`,
    ],
    [
      "_rels/.rels",
      `${declaration}<Relationships xmlns="${packageNamespace}/relationships"><Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      "xl/workbook.xml",
      `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets><sheet name="${escapeXml(sheetName)}" sheetId="1" r:id="rId1"/><sheet name="About" sheetId="2" r:id="rId2"/></sheets><definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">'${escapeXml(sheetName.replaceAll("'", "''"))}'!$1:$1</definedName></definedNames></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `${declaration}<Relationships xmlns="${packageNamespace}/relationships"><Relationship Id="rId1" Type="${relationships}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${relationships}/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="${relationships}/styles" Target="styles.xml"/></Relationships>`,
    ],
    [
      "xl/worksheets/_rels/sheet1.xml.rels",
      `${declaration}<Relationships xmlns="${packageNamespace}/relationships"><Relationship Id="rId1" Type="${relationships}/table" Target="../tables/table1.xml"/></Relationships>`,
    ],
    ["xl/styles.xml", stylesheet],
  ];
}

/** The beginning of a sheet, up to its own elements. It is printed in landscape, as wide as a page. */
const worksheetStart = `${declaration}<worksheet xmlns="${main}" xmlns:r="${relationships}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`;
/** The elements after the rows of a sheet: landscape A4, with as many numbered pages as needed. */
const printSetup =
  '<pageMargins left="0.4" right="0.4" top="0.4" bottom="0.6" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter>&amp;L&amp;A&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter>';

/** A cell of the totals row: a text, or a formula with its current value. */
type TotalCell = { readonly label: string } | { readonly formula: string; readonly value: string };

/**
 * Returns the totals row below this many rows, whose formulas follow the filters; empty if there is none. The first
 * cell is its label, unless it has a total. A value that a spreadsheet would round is a text.
 */
function totalCells(
  totals: readonly (ColumnTotal | undefined)[],
  count: number,
): readonly (TotalCell | undefined)[] {
  if (count === 0 || totals.every((total) => total === undefined)) return [];
  const sum = (column: number) =>
    `SUBTOTAL(109,${columnLetters(column)}2:${columnLetters(column)}${count + 1})`;
  return totals.map((total, column) => {
    if (!total) return column === 0 ? { label: "Total" } : undefined;
    const { value, percentage } = total;
    if (!isExactNumber(value)) return { label: value };
    if (!percentage) return { formula: sum(column), value };
    const whole = sum(percentage.whole);
    const part = percentage.isChange ? `(${sum(percentage.part)}-${whole})` : sum(percentage.part);
    const decimals = value.split(".")[1]?.length ?? 0;
    return { formula: `IF(${whole}=0,"",ROUND(${part}/${whole}*100,${decimals}))`, value };
  });
}

/** Returns the table definition of a sheet's rows: with filters, and with a totals row if there is one. */
function tablePart(titles: readonly string[], count: number, totals: readonly (TotalCell | undefined)[]) {
  // A table without rows would be invalid, so it gets an empty row.
  const lastRow = Math.max(count, 1) + 1;
  const isTotalled = totals.length > 0;
  const last = columnLetters(Math.max(titles.length, 1) - 1);
  const columns = titles.map((title, index) => {
    const start = `<tableColumn id="${index + 1}" name="${escapeXml(title)}"`;
    const cell = totals[index];
    if (!cell) return `${start}/>`;
    if ("label" in cell) return `${start} totalsRowLabel="${escapeXml(cell.label)}"/>`;
    return `${start} totalsRowFunction="custom"><totalsRowFormula>${escapeXml(cell.formula)}</totalsRowFormula></tableColumn>`;
  });
  return `${declaration}<table xmlns="${main}" id="1" name="Report" displayName="Report" ref="A1:${last}${lastRow + (isTotalled ? 1 : 0)}"${isTotalled ? ' totalsRowCount="1"' : ""}><autoFilter ref="A1:${last}${lastRow}"/><tableColumns count="${titles.length}">${columns.join("")}</tableColumns><tableStyleInfo name="TableStyleLight1" showRowStripes="1"/></table>`;
}

/** The maximum number of rows of a sheet, including titles. */
export const MAX_ROWS = 1_048_576;
/** The number of characters compressed together, in a few milliseconds. */
const PIECE = 64 * 1024;
/** The minimum width of columns in characters. */
const MIN_WIDTH = 8;
const MAX_WIDTH = 60;
const MAX_LABEL_WIDTH = 24;
/** The number of rows that determine the widths of text columns. */
const SAMPLE = 200;
/** The width that fits any value of a type: a number or day that does not fit shows as `###`. */
const TYPE_WIDTHS: Partial<Record<ColumnType, number>> = {
  integer: 12,
  number: 14,
  decimal: 20,
  date: 12,
  moment: 26,
};
/** The extra width of a title, for its filter button, and of a text. */
const TITLE_SPACE = 4;
const CELL_SPACE = 2;
/** The maximum length of a title in characters: a table allows 255. */
const MAX_TITLE = 240;
const MINUTES = 24 * 60;

/** Thrown for a table with more rows than a sheet can have. */
export class TooManyRowsError extends Error {
  constructor() {
    super(
      `The report has more rows than the ${MAX_ROWS - 1} that a sheet has. Ask for it as CSV or Parquet.`,
    );
  }
}

/** Makes the titles of columns valid for a sheet's table: on one line, and unique apart from case. */
function sheetTitles(columns: readonly Column[]): readonly string[] {
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
 * Yields the texts of a sheet with fixed titles, the rows of a table, and totals. `totals`: called for the totals row
 * once the rows have been read.
 */
function* worksheetTexts(
  columns: readonly Column[],
  titles: readonly string[],
  batches: Iterable<readonly SheetRow[]>,
  totals: () => readonly (TotalCell | undefined)[],
): Generator<string, void, void> {
  const letters = columns.map((_, index) => columnLetters(index));
  let count = 0;
  const printRow = (row: SheetRow) => {
    count += 1;
    if (count > MAX_ROWS) throw new TooManyRowsError();
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
  for (const rows of withSample(batches)) {
    let text = count === 0 ? start(columns, titles, letters, rows.slice(0, SAMPLE)) : "";
    count ||= 1;
    for (const row of rows) {
      text += printRow(row);
      if (text.length < PIECE) continue;
      yield text;
      text = "";
    }
    yield text;
  }
  const cells = totals().map((cell, index) => printTotal(cell, `${letters[index]}${count + 1}`));
  if (cells.length > 0 && count === MAX_ROWS) throw new TooManyRowsError();
  if (cells.length > 0) yield `<row r="${count + 1}">${cells.join("")}</row>`;
  yield `</sheetData>${printSetup}<tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>`;
}

function printTotal(cell: TotalCell | undefined, reference: string) {
  if (!cell) return "";
  if ("label" in cell) return `<c r="${reference}" t="inlineStr">${textValue(cell.label)}</c>`;
  const style = cell.value.includes(".") ? ` s="${styles.decimal}"` : "";
  return `<c r="${reference}"${style}><f>${escapeXml(cell.formula)}</f><v>${cell.value}</v></c>`;
}

/** Yields batches of the same rows, the first of which contains the sample: the size of batches depends on timing. */
function* withSample(batches: Iterable<readonly SheetRow[]>): Generator<readonly SheetRow[]> {
  const first: SheetRow[] = [];
  let isSampled = false;
  for (const batch of batches) {
    if (isSampled) yield batch;
    else first.push(...batch);
    if (isSampled || first.length < SAMPLE) continue;
    isSampled = true;
    yield first;
  }
  if (!isSampled) yield first;
}

/** Returns the part before the rows. Text columns are as wide as a sample of the rows needs. */
function start(
  columns: readonly Column[],
  titles: readonly string[],
  letters: readonly string[],
  rows: readonly SheetRow[],
) {
  const longestText = (index: number) =>
    rows.reduce((most, row) => Math.max(most, String(row[index] ?? "").length), 0);
  const widths = columns.map(({ title, type }, index) =>
    Math.max(title.length + TITLE_SPACE, TYPE_WIDTHS[type] ?? longestText(index) + CELL_SPACE),
  );
  const titleCells = titles.map(
    (title, index) => `<c r="${letters[index]}1" s="${styles.title}" t="inlineStr">${textValue(title)}</c>`,
  );
  return `${worksheetStart}<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>${printWidths(widths)}<sheetData><row r="1">${titleCells.join("")}</row>`;
}

function printWidths(widths: readonly number[]) {
  const cols = widths.map((width, index) => {
    const clamped = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width));
    return `<col min="${index + 1}" max="${index + 1}" width="${clamped}" customWidth="1"/>`;
  });
  return cols.length === 0 ? "" : `<cols>${cols.join("")}</cols>`;
}

/** Returns the rest of a cell's element, up to its end. */
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

/** Yields the texts of a sheet of labels and their values. */
function* aboutTexts(lines: readonly AboutLine[]): Generator<string, void, void> {
  yield `${worksheetStart}${printWidths([MAX_LABEL_WIDTH, MAX_WIDTH])}<sheetData>`;
  let row = 0;
  for (const { label, value, type = typeof value === "number" ? "number" : "text" } of lines) {
    if (value === undefined) continue;
    row += 1;
    const labelCell = `<c r="A${row}" s="${styles.title}" t="inlineStr">${textValue(label)}</c>`;
    yield `<row r="${row}">${labelCell}<c r="B${row}"${type === "moment" ? printMoment(value) : printCell(value, type)}</c></row>`;
  }
  yield `</sheetData>${printSetup}</worksheet>`;
}

/** Converts a local time, `2026-11-25 16:35`, to a day and its fraction. */
function printMoment(value: string | number) {
  const [day = "", time = ""] = String(value).split(" ");
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const serial = dateSerial(day);
  if (serial === undefined) return printCell(value, "text");
  return ` s="${styles.moment}"><v>${serial + (hours * 60 + minutes) / MINUTES}</v>`;
}

/** The fastest compression level: the others save less than they cost. */
const LEVEL = 1;

/**
 * Writes a table as a workbook of Office Open XML, in slices: a sheet with the rows as a table with filters and totals,
 * and a sheet "About" with facts. Throws a `TooManyRowsError` if they do not fit.
 */
export function* writeXlsx(table: Table): FileParts {
  const chunks: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  const addFile = function* (name: string, texts: Iterable<string>): FileParts {
    const file = new ZipDeflate(name, { level: LEVEL });
    zip.add(file);
    for (const text of texts) {
      file.push(Buffer.from(text));
      yield* chunks.splice(0);
      yield "";
    }
    file.push(new Uint8Array(), true);
  };
  for (const [name, text] of packageParts(sheetNameOf(table.title))) yield* addFile(name, [text]);
  let count = 0;
  const batches = function* () {
    for (const rows of table.batches()) {
      count += rows.length;
      yield rows;
    }
  };
  const titles = sheetTitles(table.columns);
  const totals = () => totalCells(table.totals?.() ?? [], count);
  yield* addFile("xl/worksheets/sheet1.xml", worksheetTexts(table.columns, titles, batches(), totals));
  yield* addFile("xl/tables/table1.xml", [tablePart(titles, count, totals())]);
  yield* addFile("xl/worksheets/sheet2.xml", aboutTexts(table.about?.() ?? []));
  zip.end();
  yield* chunks;
}
