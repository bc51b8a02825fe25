import { stripLeadingZeros } from "./decimal.ts";

/** A number that keeps its digits when printed as JSON. */
export class ExactNumber {
  readonly digits: string;

  /**
   * `decimal`: plain digits with an optional sign and fraction, such as "-12.20". JSON allows no leading
   * zeros.
   */
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
 * Parses JSON without losing digits: a number that may not fit a double becomes a string. A double prints up
 * to 15 significant digits as they were written (12.22 is "12.22"), so only longer numbers become strings. So
 * do NaN and Infinity, which Python prints although JSON does not have them: one such field must not make the
 * whole body unreadable. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  const mayLoseDigits = hasLongRun(text) || text.includes("NaN") || text.includes("Infinity");
  return JSON.parse(mayLoseDigits ? quoteNumbers(text) : text);
}

/** The characters of a number from which a double may not hold it. */
const LONG = 16;

/**
 * Returns whether there are `LONG` digits and points in a row, even in a string. Any such run includes an
 * index that is a multiple of `LONG`.
 */
function hasLongRun(text: string): boolean {
  for (let at = 0; at < text.length; at += LONG) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    let start = at;
    while (isDigitOrPoint(text.charCodeAt(start - 1))) start--;
    while (isDigitOrPoint(text.charCodeAt(at + 1))) at++;
    if (at - start + 1 >= LONG) return true;
    at -= at % LONG;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Quotes numbers that may not fit a double. Invalid JSON stays invalid. */
function quoteNumbers(text: string): string {
  let quoted = "";
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    const start = at;
    const first = text.charCodeAt(at++);
    if (first === QUOTE) {
      for (let code = 0; at < text.length && code !== QUOTE; at++) {
        code = text.charCodeAt(at);
        if (code === BACKSLASH) at++;
      }
    } else if (isWordCharacter(first)) {
      while (isWordCharacter(text.charCodeAt(at))) at++;
      const word = text.slice(start, at);
      if (!INEXACT.test(word)) continue;
      quoted += `${text.slice(copied, start)}"${word}"`;
      copied = at;
    }
  }
  return quoted + text.slice(copied);
}

/**
 * A JSON number with at least 16 digits and points before its exponent, or a non-number printed by Python.
 */
const INEXACT = /^(?=-?[\d.]{16})-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$|^-?Infinity$|^NaN$/;

function isDigitOrPoint(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2e;
}

/**
 * Returns whether a character can be in a number, or in `true`, `null` and the like: letters, digits, + - and
 * .
 */
function isWordCharacter(code: number): boolean {
  const lowerCase = code | 0x20;
  return isDigitOrPoint(code) || (lowerCase >= 0x61 && lowerCase <= 0x7a) || code === 0x2d || code === 0x2b;
}
