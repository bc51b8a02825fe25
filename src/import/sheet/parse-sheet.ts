import { CsvError, parse } from "csv-parse/sync";
import { strFromU8, unzipSync } from "fflate";
import { readSheet } from "read-excel-file/node";
import { BadSheet, type Sheet, type SheetCell, type SheetForm } from "./sheet.ts";

/** Bytes that the parts of a workbook may have when they are unpacked. */
const MAX_UNPACKED = 100_000_000;
/** Columns of a table, and cells from its first one to its last. */
const MAX_COLUMNS = 500;
const MAX_CELLS = 300_000;

/** Reads a table. Throws a BadSheet if it is none, or has more rows. */
export async function parseSheet(bytes: Uint8Array, form: SheetForm, maxRows: number): Promise<Sheet> {
  const rows = form === "xlsx" ? await parseXlsx(bytes) : parseText(textOf(bytes), form, maxRows);
  const filled = rows
    .map((cells, index) => ({ number: index + 1, cells }))
    .filter(({ cells }) => cells.some((cell) => cell !== null && cell !== ""));
  const [header, ...rest] = filled;
  if (!header) throw new BadSheet("is empty. Its first row has to have the names of its columns.");
  if (rest.length > maxRows)
    throw new BadSheet(
      `has ${rest.length} rows, and at most ${maxRows} are taken at once (MAX_JOB_ROWS). Split it.`,
    );
  return { header: header.cells.map((cell) => String(cell ?? "").trim()), rows: rest };
}

/** Excel writes UTF-16 as "Unicode text". */
function textOf(bytes: Uint8Array) {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new BadSheet('is no text in UTF-8. In Excel, save it as "CSV UTF-8", or send the workbook itself.');
  }
}

function parseText(text: string, form: Exclude<SheetForm, "xlsx">, maxRows: number) {
  if (form === "csv") return parseCsv(text, maxRows);
  const lines = form === "json" ? [text] : text.split("\n");
  const values = lines.flatMap((line, index) => (line.trim() === "" ? [] : parseJson(line, index + 1, form)));
  const names = [...new Set(values.flatMap((value) => Object.keys(value)))];
  limitSize(names.length, names.length * values.length);
  return [names, ...values.map((value) => names.map((name) => cellOf(value[name])))];
}

function parseJson(text: string, line: number, form: "json" | "ndjson"): Record<string, unknown>[] {
  const place = form === "json" ? "is no JSON" : `has a line ${line} that is no JSON`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadSheet(`${place}: ${(error as Error).message}. Was it cut?`);
  }
  const rows = form === "json" && Array.isArray(value) ? value : [value];
  if (rows.some((row) => typeof row !== "object" || row === null || Array.isArray(row)))
    throw new BadSheet('has a row that is no object. A row is written as { "Name of a column": value, … }.');
  return rows;
}

function cellOf(value: unknown) {
  if (value === undefined || value === null || typeof value === "boolean") return value ?? null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function parseCsv(text: string, maxRows: number): SheetCell[][] {
  // Excel's own first line: which character is between cells.
  const [declared, separator] = /^\uFEFF?sep=(.)\r?\n/.exec(text) ?? [];
  const [first = ""] = text.split(/[\r\n]/, 1);
  const counts = [";", "\t", ","].map((one) => [one, first.split(one).length] as const);
  const [[delimiter] = [","]] = counts.toSorted((one, other) => other[1] - one[1]);
  let rows: string[][];
  let cells = 0;
  try {
    rows = parse(text.slice(declared?.length ?? 0), {
      bom: true,
      delimiter: separator ?? delimiter,
      relax_column_count: true,
      relax_quotes: true,
      to: maxRows + 2,
      on_record(record: string[]) {
        cells += record.length;
        limitSize(record.length, cells);
        return record;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new BadSheet(`cannot be read: ${error.message}. Was it cut, or is a quote in it not closed?`);
  }
  const [last, width] = [rows.at(-1), rows[0]?.length ?? 0];
  // Excel leaves out empty cells at the end of a line, and ends the last one.
  if (last && last.length < width && !/[\r\n]$/.test(text))
    throw new BadSheet(
      `ends within row ${rows.length}, which has ${last.length} of ${width} cells. Was it cut?`,
    );
  return rows;
}

async function parseXlsx(bytes: Uint8Array) {
  try {
    checkCells(bytes);
    // Safe: the numbers are texts by `parseNumber`, of the 15 digits that Excel has.
    return (await readSheet(Buffer.from(bytes), {
      parseNumber: (text) => (text.length > 15 ? `${Number(Number(text).toPrecision(15))}` : text),
    })) as SheetCell[][];
  } catch (error) {
    if (error instanceof BadSheet) throw error;
    throw new BadSheet("is no workbook of Excel (.xlsx), or was cut. Save it again, or send it as CSV.");
  }
}

/** The start of a row, or of a cell, whatever prefix its namespace has. */
const TAG = /<(?:[A-Za-z]\w{0,30}:)?(row|c)(?=[\s/>])/g;

/**
 * Refuses what the library reads as an empty cell: an error, and a formula that no program has worked out. It fills the
 * space between the first and the last cell, so a sheet that reaches too far is refused as well.
 */
function checkCells(bytes: Uint8Array): void {
  let unpacked = 0;
  const parts = unzipSync(bytes, {
    filter({ name, originalSize }) {
      unpacked += originalSize;
      if (unpacked > MAX_UNPACKED) throw new BadSheet("is too large when it is unpacked. Split it.");
      return /^xl\/(workbook\.xml|_rels\/workbook\.xml\.rels|worksheets\/[^/]+\.xml)$/.test(name);
    },
  });
  const text = (name: string) => strFromU8(parts[name] ?? new Uint8Array());
  const sheet = text(`xl/${pathOfFirstSheet(text("xl/workbook.xml"), text("xl/_rels/workbook.xml.rels"))}`);
  let [rows, columns, column] = [0, 0, 0];
  const tags = [...sheet.matchAll(TAG)];
  for (const [index, { 0: tag, 1: name, index: start }] of tags.entries()) {
    if (name === "row") {
      rows += 1;
      column = 0;
      continue;
    }
    const cell = sheet.slice(start + tag.length, tags[index + 1]?.index);
    const end = cell.indexOf(">");
    const [attributes, content] = [cell.slice(0, end), cell.slice(end)];
    const [, letters, row = rows] = /\sr=["']([A-Z]{1,4})(\d{1,9})["']/.exec(attributes) ?? [];
    column = letters ? numberOf(letters) : column + 1;
    columns = Math.max(columns, column);
    rows = Math.max(rows, Number(row));
    const at = letters && `${letters}${row}`;
    limitSize(columns, columns * rows, at);
    if (/\st="e"/.test(attributes))
      throw new BadSheet(`has an error in cell ${at}. Mend it, or clear the cell.`);
    if (/<f[\s>/]/.test(content) && !content.includes("<v>"))
      throw new BadSheet(
        `has a formula in cell ${at} that is not worked out. Open it in Excel and save it again.`,
      );
  }
}

/** The path of the first sheet below `xl/`. */
function pathOfFirstSheet(workbook: string, relations: string) {
  const attribute = (tag: string, name: string) => tag.split(` ${name}="`)[1]?.split('"', 1)[0] ?? "";
  const [, sheet = ""] = workbook.split("<sheet ", 2);
  const id = attribute(` ${sheet}`, "r:id");
  const [relation = ""] = relations
    .split("<Relationship ")
    .filter((one) => attribute(` ${one}`, "Id") === id);
  return attribute(` ${relation}`, "Target").replace(/^\/?(xl\/)?/, "");
}

/** The number of a column, from 1: `Z` is 26, `AA` is 27. */
const numberOf = (letters: string) =>
  [...letters].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0);

/** Refuses a table of too many columns, or cells. `at`: the cell to which it reaches. */
function limitSize(columns: number, cells: number, at?: string): void {
  if (columns <= MAX_COLUMNS && cells <= MAX_CELLS) return;
  throw new BadSheet(
    `has more than ${MAX_COLUMNS} columns, or ${MAX_CELLS} cells${at ? `: it reaches to ${at}` : ""}. ` +
      "Delete columns that the import does not read and empty ones at the end, or split it.",
  );
}
