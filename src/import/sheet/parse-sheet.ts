import { CsvError, parse } from "csv-parse/sync";
import { strFromU8, unzipSync } from "fflate";
import { readSheet } from "read-excel-file/node";
import { BadSheet, type Sheet, type SheetCell, type SheetForm } from "./sheet.ts";

/** Bytes that the parts of a workbook may have when they are unpacked. */
const MAX_UNPACKED = 100_000_000;

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
  try {
    rows = parse(text.slice(declared?.length ?? 0), {
      bom: true,
      delimiter: separator ?? delimiter,
      relax_column_count: true,
      relax_quotes: true,
      to: maxRows + 2,
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
    refuseLostCells(bytes);
    // Safe: the numbers are texts by `parseNumber`, of the 15 digits that Excel has.
    return (await readSheet(Buffer.from(bytes), {
      parseNumber: (text) => (text.length > 15 ? `${Number(Number(text).toPrecision(15))}` : text),
    })) as SheetCell[][];
  } catch (error) {
    if (error instanceof BadSheet) throw error;
    throw new BadSheet("is no workbook of Excel (.xlsx), or was cut. Save it again, or send it as CSV.");
  }
}

/** The library reads an error, and a formula that no program has worked out, as an empty cell. */
function refuseLostCells(bytes: Uint8Array): void {
  let unpacked = 0;
  const parts = unzipSync(bytes, {
    filter({ name, originalSize }) {
      unpacked += originalSize;
      if (unpacked > MAX_UNPACKED) throw new BadSheet("is too large when it is unpacked. Split it.");
      return /^xl\/(workbook\.xml|_rels\/workbook\.xml\.rels|worksheets\/[^/]+\.xml)$/.test(name);
    },
  });
  const text = (name: string) => strFromU8(parts[name] ?? new Uint8Array());
  const id = /<sheet\s[^>]*r:id="([^"]+)"/.exec(text("xl/workbook.xml"))?.[1] ?? "";
  const relation = text("xl/_rels/workbook.xml.rels").match(/<Relationship\s[^>]*>/g) ?? [];
  const target = relation
    .find((one) => one.includes(`Id="${id}"`))
    ?.match(/Target="\/?(?:xl\/)?([^"]+)"/)?.[1];
  for (const [, attributes = "", content = ""] of text(`xl/${target}`).matchAll(
    /<c\s([^>]*[^/])>(.*?)<\/c>/gs,
  )) {
    const cell = /r="([A-Z]+\d+)"/.exec(attributes)?.[1];
    if (/t="e"/.test(attributes))
      throw new BadSheet(`has an error in cell ${cell}. Mend it, or clear the cell.`);
    if (/<f[\s>/]/.test(content) && !/<v>/.test(content))
      throw new BadSheet(
        `has a formula in cell ${cell} that is not worked out. Open it in Excel and save it again.`,
      );
  }
}
