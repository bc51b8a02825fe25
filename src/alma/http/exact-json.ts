import { stripLeadingZeros } from "./decimal.ts";

/** A number that keeps its digits when printed as JSON. */
export class ExactNumber {
  readonly digits: string;

  /** `decimal`: plain digits with an optional sign and fraction, such as "-12.20". JSON allows no leading zeros. */
  constructor(decimal: string) {
    this.digits = stripLeadingZeros(decimal);
  }
}

/** A value that can be sent as JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | ExactNumber
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Prints JSON in which an ExactNumber keeps its digits. Undefined members are omitted. */
export function stringifyJson(value: Json): string {
  if (value instanceof ExactNumber) return value.digits;
  if (Array.isArray(value)) return `[${value.map(stringifyJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${stringifyJson(member)}`);
  return `{${members.join(",")}}`;
}

/**
 * Parses JSON without losing digits: a number that may not fit into a double becomes a string. A double prints up to 15
 * significant digits as written (12.22 is "12.22"), so only longer numbers become strings. NaN and Infinity, which
 * Python prints although JSON does not have them, also become strings: one such field must not make the whole body
 * unreadable. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(TOKEN, (token) => (INEXACT.test(token) ? `"${token}"` : token)));
}

/** Matches that many digits and points in a row, or a non-number printed by Python; even inside a string. */
const MAY_BE_INEXACT = /[\d.]{16}|NaN|Infinity/;

/** A string, or a number, `true`, `null` and similar. */
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[\w.+-]+/g;

/**
 * A JSON number with at least 16 digits and points before its exponent, or a non-number printed by Python.
 */
const INEXACT = /^(?=-?[\d.]{16})-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$|^-?Infinity$|^NaN$/;
