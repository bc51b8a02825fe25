import type { ReportColumn } from "../definition/columns.ts";
import { type Cell, isNumeric, UNREADABLE, UNREADABLE_TEXT } from "../sheet/table.ts";

/** How numbers are written. */
type Locale = "en" | "de";

/** The notation of values on pages. */
export interface Notation {
  readonly locale: Locale;
  /** The currency of amounts, if known. */
  readonly currency: string | undefined;
  /** The minimum number of decimals of its amounts. */
  readonly decimals: number;
}

/** The properties of a column that decide how its values are formatted. */
export type WrittenColumn = Pick<ReportColumn, "type" | "holds" | "isAmount">;

/** Returns the title of a column, with the currency of its amounts. */
export const titleOf = (
  { title, isAmount }: Pick<ReportColumn, "title" | "isAmount">,
  { currency }: Notation,
) => (isAmount && currency !== undefined ? `${title}, ${currency}` : title);

/**
 * Formats a value for display: numbers exactly, with groups of three digits, and amounts with the decimals of their
 * currency; days unchanged; flags and codes as words.
 */
export function writeValue(
  cell: Cell | undefined,
  { type, holds, isAmount }: WrittenColumn,
  notation: Notation,
): string {
  if (cell === null || cell === undefined) return "";
  if (cell === UNREADABLE) return UNREADABLE_TEXT;
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  if (isNumeric(type)) return groupDigits(String(cell), isAmount ? notation.decimals : 0, notation.locale);
  if (holds === "code") return wordsOf(String(cell));
  return type === "moment"
    ? String(cell)
        .replace("T", " ")
        .replace(/(\.\d+)?Z$/, " UTC")
    : String(cell);
}

/** Formats `-1234567.5` as `−1,234,567.50`, with at least `decimals` decimals. Other texts are unchanged. */
function groupDigits(number: string, decimals: number, locale: Locale) {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(number);
  if (!parts) return number;
  const [, sign, whole = "", own = ""] = parts;
  const [separator, point] = locale === "de" ? [".", ","] : [",", "."];
  const first = whole.slice(0, whole.length % 3);
  const thousands = whole.slice(first.length).match(/\d{3}/g) ?? [];
  const grouped = [...(first ? [first] : []), ...thousands].join(separator);
  const fraction = own.padEnd(decimals, "0");
  return `${sign && "−"}${grouped}${fraction && point + fraction}`;
}

const names: Readonly<Record<string, string>> = { alma: "Alma", bitrix: "Bitrix" };

/** Converts an enum value to words: `MISSING_BITRIX_ID` becomes "Missing Bitrix id". */
export function wordsOf(code: string): string {
  const [first = "", ...others] = code.toLowerCase().split("_");
  const words = others.map((word) => names[word] ?? word);
  return [first.charAt(0).toUpperCase() + first.slice(1), ...words].join(" ");
}

/** Formats a day in words: `31 Oct 2026`. */
export const dayInWords = (day: string): string =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** Formats a moment in a time zone: `2026-11-25 16:35`. */
export const localMoment = (timeZone: string, moment: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(
    new Date(moment),
  );

/** Formats a moment with its zone: `2026-11-25 16:35 Asia/Dubai`. */
export const formatTime = (timeZone: string, moment: string): string =>
  `${localMoment(timeZone, moment)} ${timeZone}`;
