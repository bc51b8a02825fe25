import { sizeOfDecimal } from "./decimal.ts";

/** The most characters that a cell holds. */
const MAX_TEXT = 32_767;
/** A number with more digits would be rounded by spreadsheets. */
const MAX_DIGITS = 15;
const DAY = 86_400_000;
/** The day before the first of Excel's calendar, which has a 29 February 1900. */
const EPOCH = Date.UTC(1899, 11, 31);
const LEAP_DAY = 60;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What XML or its readers may not keep, and what would be read as the escape of it. */
const UNPRINTABLE = /(?![\t\n])\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}_)/gu;

/** A text as XML within a workbook, whose form of escape is `_x000D_`. */
export function escapeXml(text: string): string {
  return text
    .replace(UNPRINTABLE, (char) => `_x${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`)
    .replace(/[&<>"]/g, (char) => entities[char] as string);
}

/** The value of a text cell, in place. */
export function textValue(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
  return `<is><t xml:space="preserve">${escapeXml(cut)}</t></is>`;
}

/** The serial number of a day, `YYYY-MM-DD`; undefined for one before 1900, which spreadsheets do not know. */
export function dateSerial(day: string): number | undefined {
  const days = (Date.parse(`${day}T00:00:00Z`) - EPOCH) / DAY;
  if (!(days >= 1)) return undefined;
  return days >= LEAP_DAY ? days + 1 : days;
}

/** Whether a spreadsheet keeps all digits of a decimal. */
export function isExactNumber(text: string): boolean {
  const size = sizeOfDecimal(text);
  if (!size) return false;
  const digits = text.replace(/[-.]/g, "").replace(/^0+/, "");
  return (size.scale > 0 ? digits.replace(/(?<!0)0+$/, "") : digits).length <= MAX_DIGITS;
}

/** The letters of a column, from 0: `A`, `Z`, `AA`. */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}
