import {
  type Cell,
  type Column,
  type FileParts,
  type SheetOptions,
  type Table,
  UNREADABLE,
  UNREADABLE_TEXT,
} from "./table.ts";

/**
 * Matches the beginnings that spreadsheets interpret as a formula, including the wide forms of East Asian keyboards.
 * Includes leading apostrophes, to distinguish original ones from escapes.
 */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
/** Matches the characters that require quotes, with either separator. */
const SPECIAL = /[",;\r\n]/;
/** Matches numbers, days and times. */
const PLAIN = /^-?\d[\d.:TZ-]*$/;

/**
 * Writes a table as CSV (RFC 4180). A text that looks like a formula gets an apostrophe before it. csv-stringify takes
 * three times as long, which would be most of a report's cost besides its query.
 */
export function* writeCsv(
  { columns, batches }: Table,
  {
    hasHeader = true,
    hasByteOrderMark = true,
    hasDecimalComma = false,
    escapesFormulas = true,
  }: SheetOptions = {},
): FileParts {
  const separator = hasDecimalComma ? ";" : ",";
  const printText = escapesFormulas ? printEscaped : printQuoted;
  const printers = columns.map(({ type }) => printerOf(type, hasDecimalComma, printText));
  // An empty line would not be a row.
  const endOf = (line: string) => (line === "" ? '""\r\n' : `${line}\r\n`);
  if (hasByteOrderMark) yield "\uFEFF";
  if (hasHeader) yield endOf(columns.map(({ title }) => printText(title)).join(separator));
  for (const rows of batches()) {
    let text = "";
    for (const row of rows) {
      let line = "";
      for (let index = 0; index < row.length; index++) {
        if (index > 0) line += separator;
        line += (printers[index] as Print)(row[index] as Cell);
      }
      text += endOf(line);
    }
    yield text;
  }
}

type Print = (cell: Cell) => string;

/** Returns the printer of a column's values. Invalid numbers, days and times are printed as text. */
function printerOf(type: Column["type"], hasDecimalComma: boolean, printText: Print): Print {
  if (type === "text") return printText;
  const hasComma = hasDecimalComma && (type === "decimal" || type === "number");
  return (cell) => {
    const plain = printPlain(cell);
    if (typeof cell === "string" && !PLAIN.test(plain)) return printText(cell);
    return hasComma ? plain.replace(".", ",") : plain;
  };
}

/** Removes the apostrophe added by `escapesFormulas`. */
export const unescapeFormula = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;

function printEscaped(cell: Cell) {
  const plain = printPlain(cell);
  return printQuoted(FORMULA.test(plain) ? `'${plain}` : plain);
}

function printQuoted(cell: Cell) {
  const text = printPlain(cell);
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function printPlain(cell: Cell) {
  if (cell === null) return "";
  return cell === UNREADABLE ? UNREADABLE_TEXT : String(cell);
}
