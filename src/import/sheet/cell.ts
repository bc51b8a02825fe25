import { coerceInputValue, type GraphQLInputType, getNamedType, isEnumType } from "graphql";
import { parseRef } from "../../report/index.ts";
import type { SheetCell } from "./sheet.ts";

/** A cell that cannot be read. The message goes on after the name of its column. */
export class BadCell extends Error {}

/** Milliseconds of a day, and Excel's day 0, from which it counts days. */
const DAY = 86_400_000;
const DAY_0 = Date.UTC(1899, 11, 30);

/** The value of a variable, as JSON has it; undefined for an empty cell. Throws a BadCell. */
export function readCell(type: GraphQLInputType, cell: SheetCell | undefined): unknown {
  const text = textOf(cell);
  if (text === "") return undefined;
  const value = readText(type, text);
  coerceInputValue(value, type, (_path, _value, { message }) => {
    throw new BadCell(`cannot be ${JSON.stringify(text.slice(0, 60))}: ${message}`);
  });
  return value;
}

/** A day is written as the graph writes it. */
export function textOf(cell: SheetCell | undefined): string {
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell ?? "").trim();
}

function readText(type: GraphQLInputType, text: string): unknown {
  const named = getNamedType(type);
  switch (named.name) {
    case "Int":
    case "Float":
      return Number(readNumber(text));
    case "Decimal":
      return readNumber(text);
    case "Boolean":
      return readBoolean(text);
    case "Date":
      return readDay(text);
    case "Ref":
      return parseRef(text);
    default:
      return isEnumType(named) ? text.toUpperCase().replace(/[\s-]+/g, "_") : text;
  }
}

/** `1200.50`, `1 200,50`, `1.200,50` and `1,200.50` are the same; `1,200` may be two numbers, and is none. */
function readNumber(text: string) {
  const digits = text.replace(/[\s\u00a0\u202f'’]/g, "");
  if (/^-?\d+(\.\d+)?$/.test(digits)) return digits;
  if (/^-?\d+(\.\d+)?E[-+]?\d+$/i.test(digits)) return String(Number(digits));
  if (/^-?\d{1,3}(,\d{3})+\.\d+$/.test(digits)) return digits.replaceAll(",", "");
  if (/^-?\d{1,3}(\.\d{3})+,\d+$/.test(digits)) return digits.replaceAll(".", "").replace(",", ".");
  if (/^-?\d+,\d+$/.test(digits) && !/^-?\d{1,3},\d{3}$/.test(digits)) return digits.replace(",", ".");
  throw new BadCell(
    `is ${JSON.stringify(text.slice(0, 60))}, which is not one number for certain. Write 1200 or 1200.50.`,
  );
}

function readBoolean(text: string) {
  if (/^(true|yes|1)$/i.test(text)) return true;
  if (/^(false|no|0)$/i.test(text)) return false;
  throw new BadCell(`is ${JSON.stringify(text.slice(0, 60))}. Write yes or no.`);
}

/** `2026-01-31`, `31.01.2026`, or the number by which Excel knows a day. */
function readDay(text: string) {
  const [, day = "", month = "", year = ""] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text) ?? [];
  if (year) return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (/^\d{5}(\.0+)?$/.test(text)) return new Date(DAY_0 + Number(text) * DAY).toISOString().slice(0, 10);
  if (/^\d{4}-\d\d-\d\d/.test(text)) return text.slice(0, 10);
  throw new BadCell(
    `is ${JSON.stringify(text.slice(0, 60))}, which is not one day for certain. Write 2026-01-31 or 31.01.2026.`,
  );
}
