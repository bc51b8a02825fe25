import { stripLeadingZeros } from "./decimal.ts";

/** A number that keeps its digits when it is printed as JSON. */
export class ExactNumber {
  readonly digits: string;

  /** `decimal` is plain digits with an optional sign and fraction, such as "-12.20". JSON allows no leading zeros. */
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

/** JSON text in which an ExactNumber keeps its digits. Undefined members are left out. */
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
 * Parses JSON without losing digits: a number that a double may not hold becomes a string of its digits. A double
 * prints up to 15 significant digits back as they were written (12.22 is "12.22"), so only longer numbers become
 * strings. So do NaN and Infinity, which Python prints although JSON does not have them: one such field must not make
 * the whole body unreadable. Throws SyntaxError.
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
