import { stripLeadingZeros } from "./decimal.ts";

/** A number whose digits count: printed in JSON exactly as they stand. */
export class ExactNumber {
  readonly digits: string;

  /** `decimal` is digits with an optional sign and fraction, as in "-12.20". JSON knows no leading zeros. */
  constructor(decimal: string) {
    this.digits = stripLeadingZeros(decimal);
  }
}

/** What can be sent as JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | ExactNumber
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** JSON text in which an Exact keeps its digits; undefined members are left out. */
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
 * Parses JSON without losing a digit: a number that a double may not hold arrives as text with its digits. Up to 15
 * significant digits a double prints back what was written (12.22 is "12.22"), so that only longer ones need care.
 * NaN and Infinity, which Python prints though JSON has no such numbers, arrive as text too: one field's fault is not
 * the whole answer's. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!/[\d.]{16}|NaN|Infinity/.test(text)) return JSON.parse(text);
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.]{15,}(?:[eE][+-]?\d+)?|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') || !isNumber(token) ? token : `"${token}"`,
  );
  return JSON.parse(quoted);
}

function isNumber(token: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$|^-?Infinity$|^NaN$/.test(token);
}
