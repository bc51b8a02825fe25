import { CsvError, parse } from "csv-parse/sync";
import { parseXlsx } from "./parse-xlsx.ts";
import { InvalidSheetError, limitSheetSize, type Sheet, type SheetCell, type SheetForm } from "./sheet.ts";

/** A row with its number in the file, from 1. */
type Row = Sheet["rows"][number];

/** Reads a complete table. Throws an InvalidSheetError if the file is not a table or has too many rows. */
export function parseSheet(bytes: Uint8Array, form: SheetForm, maxRows: number): Sheet {
  const { rows, otherSheets = [] } = readForm(bytes, form);
  const [header, ...rest] = rows.filter(({ cells }) => cells.some((cell) => cell !== null && cell !== ""));
  if (!header) throw new InvalidSheetError("is empty. Its first row must have the column names.");
  if (rest.length > maxRows)
    throw new InvalidSheetError(
      `has ${rest.length} rows, and at most ${maxRows} are accepted at once. Split it.`,
    );
  return { form, header: header.cells.map((cell) => textOf(cell)), rows: rest, otherSheets };
}

/** Returns the trimmed text of a cell; "" for an empty one. */
export function textOf(cell: SheetCell | undefined): string {
  const value = typeof cell === "object" ? cell?.text : cell;
  return String(value ?? "").trim();
}

function readForm(
  bytes: Uint8Array,
  form: SheetForm,
): { readonly rows: readonly Row[]; readonly otherSheets?: readonly string[] } {
  if (form === "csv") return { rows: parseCsv(decode(bytes)) };
  if (form !== "xlsx") return { rows: numbered(parseObjects(decode(bytes), form)) };
  try {
    const { rows, otherSheets } = parseXlsx(bytes);
    return { rows: numbered(rows), otherSheets };
  } catch (error) {
    if (error instanceof InvalidSheetError) throw error;
    throw new InvalidSheetError(
      "is not an Excel workbook (.xlsx), or is truncated. Save it again, or send it as CSV.",
    );
  }
}

const numbered = (rows: readonly (readonly SheetCell[])[]): Row[] =>
  rows.map((cells, index) => ({ number: index + 1, cells }));

/** Excel's "Unicode text" is UTF-16. */
function decode(bytes: Uint8Array) {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidSheetError(
      'is not UTF-8 text. In Excel, save it as "CSV UTF-8", or send the workbook itself.',
    );
  }
}

function parseObjects(text: string, form: "json" | "ndjson"): SheetCell[][] {
  const lines = form === "json" ? [text] : text.split("\n");
  const values = lines.flatMap((line, index) => (line.trim() === "" ? [] : parseJson(line, index + 1, form)));
  const names = [...new Set(values.flatMap((value) => Object.keys(value)))];
  limitSheetSize(names.length, names.length * values.length);
  return [names, ...values.map((value) => names.map((name) => cellOf(value[name])))];
}

/** Marks a number whose digits are preserved as text. */
const NUMBER = "\0number:";

function parseJson(text: string, line: number, form: "json" | "ndjson"): Record<string, unknown>[] {
  const place = form === "json" ? "is not JSON" : `has a line ${line} that is not JSON`;
  let value: unknown;
  try {
    JSON.parse(text);
    value = JSON.parse(markNumbers(text));
  } catch (error) {
    throw new InvalidSheetError(`${place}: ${(error as Error).message}. Is it truncated?`);
  }
  const rows = form === "json" && Array.isArray(value) ? value : [value];
  if (rows.some((row) => typeof row !== "object" || row === null || Array.isArray(row)))
    throw new InvalidSheetError(
      'has a row that is not an object. A row is written as { "Name of a column": value, … }.',
    );
  return rows;
}

/** Converts numbers to marked texts, since doubles would lose digits. */
const markNumbers = (json: string) =>
  json.replace(/"(?:[^"\\]|\\.)*"?|-?\d[-+.\dEe]*/g, (one) =>
    one.startsWith('"') ? one : JSON.stringify(NUMBER + one),
  );

function cellOf(value: unknown): SheetCell {
  if (value === undefined || value === null || typeof value === "boolean") return value ?? null;
  // In an ignored column, a list or object does no harm.
  if (typeof value !== "string") return JSON.stringify(value).replace(/"\\u0000number:([^"]*)"/g, "$1");
  return value.startsWith(NUMBER) ? { is: "number", text: value.slice(NUMBER.length) } : value;
}

function parseCsv(text: string) {
  // Excel's own first line declares the separator.
  const [declared, separator] = /^\uFEFF?sep=(.)\r?\n/.exec(text) ?? [];
  const [first = ""] = text
    .replace(/"[^"]*"/g, "")
    .replace(/^\uFEFF?[\r\n]+/, "")
    .split(/[\r\n]/, 1);
  const counts = [";", "\t", ","].map((one) => [one, first.split(one).length] as const);
  const [[delimiter] = [","]] = counts.toSorted((one, other) => other[1] - one[1]);
  const rows: Row[] = [];
  let [records, count] = [0, 0];
  try {
    parse(text.slice(declared?.length ?? 0), {
      bom: true,
      delimiter: separator ?? delimiter,
      relax_column_count: true,
      relax_quotes: true,
      on_record(cells) {
        records += 1;
        count += cells.length;
        limitSheetSize(cells.length, count);
        if (cells.some((cell) => cell !== "")) rows.push({ number: records, cells });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InvalidSheetError(
      `cannot be read: ${error.message}. Is it truncated, or is a quote in it not closed?`,
    );
  }
  const [last, width] = [rows.at(-1), rows[0]?.cells.length ?? 0];
  // Excel omits empty cells at the end of a line, and the last line's end.
  if (last && last.cells.length < width && !/[\r\n]$/.test(text))
    throw new InvalidSheetError(
      `ends within row ${last.number}, which has ${last.cells.length} of ${width} cells. Is it truncated?`,
    );
  return rows;
}
