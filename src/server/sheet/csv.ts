import { stringify } from "csv-stringify/sync";
import {
  type Cell,
  type Column,
  type FileParts,
  type SheetOptions,
  type Table,
  UNREADABLE,
  UNREADABLE_TEXT,
} from "./table.ts";

/** What spreadsheets take for the beginning of a formula, also in the wide forms of East Asian keyboards. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/**
 * Writes a table as RFC 4180 has it. A text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
export function* writeCsv(
  table: Table,
  { hasHeader, hasByteOrderMark, hasDecimalComma }: SheetOptions,
): FileParts {
  const { columns } = table;
  const options = {
    delimiter: hasDecimalComma ? ";" : ",",
    record_delimiter: "windows",
    // A line with nothing on it would be no row.
    quoted_empty: columns.length === 1,
  };
  const printers = columns.map(({ type }) => printerOf(type, hasDecimalComma));
  if (hasByteOrderMark) yield "\uFEFF";
  if (hasHeader) yield stringify([columns.map(({ title }) => printText(title))], options);
  for (const rows of table.batches())
    yield stringify(
      rows.map((row) => row.map((cell, index) => (printers[index] as Print)(cell))),
      options,
    );
}

type Print = (cell: Cell) => string;

function printerOf(type: Column["type"], hasDecimalComma: boolean): Print {
  if (type === "text") return printText;
  if (hasDecimalComma && (type === "decimal" || type === "number"))
    return (cell) => printPlain(cell).replace(".", ",");
  return printPlain;
}

function printText(cell: Cell): string {
  const text = printPlain(cell);
  return FORMULA.test(text) ? `'${text}` : text;
}

function printPlain(cell: Cell): string {
  if (cell === null) return "";
  return cell === UNREADABLE ? UNREADABLE_TEXT : String(cell);
}
