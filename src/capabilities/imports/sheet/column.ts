import { coerceInputValue, type GraphQLInputType, getNamedType, isEnumType } from "graphql";
import { maxText } from "../../../alma/index.ts";
import { isRef, parseRefParameter, quoteStart } from "../../reports/api.ts";
import { type DecimalMark, readNumber } from "./number.ts";
import { textOf } from "./parse-sheet.ts";
import { dayOfSerial } from "./parse-xlsx.ts";
import type { SheetCell } from "./sheet.ts";

/** An unreadable cell. The message continues a sentence that begins with the title of its column. */
export class InvalidCellError extends Error {}

/** A cell with the number of its row. */
interface ColumnCell {
  readonly row: number;
  readonly cell: SheetCell | undefined;
}

/**
 * Creates a reader of a column's cells as JSON values of its type; undefined for an empty cell. All cells of the column
 * together decide how numbers are read. `mark`: the decimal mark, if the file states it. The reader throws an
 * InvalidCellError.
 */
export function columnReader(type: GraphQLInputType, cells: readonly ColumnCell[], mark?: DecimalMark) {
  const readDecimal = decimalReader(cells, mark);
  return (cell: SheetCell | undefined): unknown => {
    const text = textOf(cell);
    if (text === "") return undefined;
    if (text.length > maxText)
      throw new InvalidCellError(`has ${text.length} characters; ${maxText} are allowed.`);
    const value = readValue(type, cell, text, readDecimal);
    coerceInputValue(value, type, (_path, _value, { message }) => {
      throw new InvalidCellError(`cannot be ${quoteStart(text)}: ${message}`);
    });
    return value;
  };
}

function readValue(
  type: GraphQLInputType,
  cell: SheetCell | undefined,
  text: string,
  readDecimal: (cell: SheetCell | undefined, text: string) => string,
): unknown {
  const named = getNamedType(type);
  switch (named.name) {
    case "Int":
    case "Float":
      return Number(readDecimal(cell, text));
    case "Decimal":
      return readDecimal(cell, text);
    case "Boolean":
      return readBoolean(text);
    case "Date":
      return readDay(cell, text);
    case "Ref":
      if (isRef(text)) return parseRefParameter(text);
      throw new InvalidCellError(
        `is ${quoteStart(text)}, which is not an id. Write one such as Unit:1075, with the capitals as they are there, or bitrix: and the id in Bitrix.`,
      );
    default:
      if (isEnumType(named)) return text.toUpperCase().replace(/[\s-]+/g, "_");
      if (typeof cell === "string" && /^\d(?:[.,]\d+)?E\+\d+$/i.test(text))
        throw new InvalidCellError(
          `is ${quoteStart(text)}: a spreadsheet has read it as a number and truncated it. Format the column as text, and enter it again.`,
        );
      return text;
  }
}

/**
 * Reads numbers: `1200.50`, `1 200,50`, `1.200,50` and `1,200.50` are equal. An ambiguous number such as `1,200` is
 * read like the others in its column.
 */
function decimalReader(cells: readonly ColumnCell[], mark: DecimalMark | undefined) {
  let known: ReadonlyMap<DecimalMark, string> | undefined;
  const marksOf = () => {
    const shown = new Map<DecimalMark, string>(mark && [[mark, ""]]);
    for (const { row, cell } of mark ? [] : cells) {
      const read = typeof cell === "string" ? readNumber(textOf(cell)) : undefined;
      if (read?.mark && !shown.has(read.mark))
        shown.set(read.mark, `${quoteStart(textOf(cell))} in row ${row}`);
    }
    return shown;
  };
  return (cell: SheetCell | undefined, text: string) => {
    const value = readNumber(text)?.value;
    if (typeof value === "string") return value;
    if (value === undefined)
      throw new InvalidCellError(`is ${quoteStart(text)}, which is not a number. Write 1200 or 1200.50.`);
    known ??= marksOf();
    const [[only] = [], ...others] = known;
    const isTyped = typeof cell === "object";
    if (isTyped || (only && others.length === 0)) return value[isTyped ? "." : (only as DecimalMark)];
    const readings = `${value[","]} or ${value["."]}`;
    // No convention uses groups of four digits.
    const certain = `Write ${Object.values(value)
      .map((one) => (one.includes(".") ? one.padEnd(one.indexOf(".") + 5, "0") : one))
      .toSorted()
      .join(" or ")}`;
    throw new InvalidCellError(
      others.length > 0
        ? `is ${quoteStart(text)}, which is ${readings}: its column has ${[...known.values()].join(" and ")}, which differ in what a point and a comma mean. ${certain}, or write all of them alike.`
        : `is ${quoteStart(text)}, which is ${readings}, and no other number of its column shows which. ${certain}, or send a workbook (.xlsx) with numbers.`,
    );
  };
}

function readBoolean(text: string) {
  if (/^(true|yes|1)$/i.test(text)) return true;
  if (/^(false|no|0)$/i.test(text)) return false;
  throw new InvalidCellError(`is ${quoteStart(text)}. Write yes or no.`);
}

/** Reads `2026-01-31`, optionally with midnight, `31.01.2026`, or Excel's number of a day. */
function readDay(cell: SheetCell | undefined, text: string) {
  const [, day = "", month = "", year = ""] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text) ?? [];
  if (year) return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (/^\d{5}(\.0+)?$/.test(text))
    return (typeof cell === "object" && cell?.day) || dayOfSerial(Number(text));
  const [, written] = /^(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$/.exec(text) ?? [];
  if (written) return written;
  throw new InvalidCellError(
    `is ${quoteStart(text)}, which is not clearly one day. Write 2026-01-31 or 31.01.2026.`,
  );
}
