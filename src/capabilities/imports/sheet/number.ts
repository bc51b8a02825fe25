import { Decimal } from "decimal.js";

/** The decimal mark. */
export type DecimalMark = "." | ",";

/** A number as text: its value, or its two possible values. */
interface WrittenNumber {
  readonly value: string | Readonly<Record<DecimalMark, string>>;
  /** The decimal mark that it proves. */
  readonly mark?: DecimalMark;
}

const FRACTION = /^(\d+)([.,])(\d+)$/;
/** Groups of three digits with blanks or apostrophes between them, and decimals. */
const BLANK_GROUPS = /^\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d+)?$/;

/** Reads a number in any form that spreadsheets write. Undefined for any other text. */
export function readNumber(text: string): WrittenNumber | undefined {
  const sign = /^[-\u2212]/.test(text) ? "-" : "";
  const unsigned = text.replace(/^[-+\u2212]/, "");
  const hasGroups = BLANK_GROUPS.test(unsigned);
  const digits = hasGroups ? unsigned.replace(/[\s'’]/g, "") : unsigned;
  const plain = (number: string) => expandNumber(sign + number) ?? number;
  const [mantissa = "", exponent] = digits.split(/e/i, 2);
  const [, whole = "", mark, decimals = ""] = FRACTION.exec(mantissa) ?? [];
  if (exponent !== undefined) {
    const value = expandNumber(sign + digits.replace(",", "."));
    return value === undefined ? undefined : { value, mark: mark as DecimalMark | undefined };
  }
  if (/^\d+$/.test(digits)) return { value: plain(digits) };
  if (mark !== undefined) {
    const value = plain(`${whole}.${decimals}`);
    if (hasGroups || !/^[1-9]\d{0,2}$/.test(whole) || decimals.length !== 3)
      return { value, mark: mark as DecimalMark };
    const grouped = plain(whole + decimals);
    return { value: mark === "." ? { ".": value, ",": grouped } : { ".": grouped, ",": value } };
  }
  if (/^[1-9]\d{0,2}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,})$/.test(digits))
    return { value: plain(digits.replaceAll(",", "")), mark: "." };
  if (/^[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})$/.test(digits))
    return { value: plain(digits.replaceAll(".", "").replace(",", ".")), mark: "," };
  return undefined;
}

/** Converts a number, optionally with an exponent, to plain digits without superfluous zeros. */
export function expandNumber(text: string): string | undefined {
  return /^-?\d+(?:\.\d+)?(?:e[-+]?\d{1,2})?$/i.test(text) ? new Decimal(text).toFixed() : undefined;
}
