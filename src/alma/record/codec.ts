import { Decimal } from "decimal.js";
import { isDecimal } from "../http/decimal.ts";
import { ExactNumber, type Json } from "../http/json.ts";
import { isCalendarDate } from "./calendar-date.ts";

/** A value, answered by Alma or to be sent to it, that is not what it should be; the message tells both. */
export class InvalidValue extends Error {}

/** A step by step way into a draft or a body: names of fields and indexes. */
export type Path = readonly (string | number)[];

/** What a written value has to be: the JavaScript type, and of a text what it must look like. */
export type AcceptedType =
  | "text"
  | "whole"
  | "number"
  | "flag"
  | "date"
  | "decimal"
  | "file"
  | "photos"
  | "record";

/** How one field is read, and how it is written if it can be. Null and missing values never come here. */
export interface Codec<Read, Written> {
  /** Left out where nothing is written. */
  readonly accepts?: AcceptedType;
  /** Null means that Alma says nothing. Throws Misfit. */
  readonly read: (value: unknown) => Read | null;
  readonly encode: (value: Written) => Json;
  /** Where in the written value a place in its JSON comes from; the value as a whole if left out. */
  readonly toInputPath?: (bodyPath: Path, value: Written) => Path;
}

/** Refuses what Alma answered, saying of which kind it is and what was expected. */
export function throwUnreadable(value: unknown, expected: string): never {
  const actual = Array.isArray(value)
    ? "a list"
    : typeof value === "object"
      ? "an object"
      : `a ${typeof value}`;
  throw new InvalidValue(`Alma answered ${actual} that is not ${expected}.`);
}

function throwUnsendable(value: string, expected: string): never {
  throw new InvalidValue(`${JSON.stringify(value.slice(0, 50))} is not ${expected}.`);
}

/** Text as it is; numbers are printed: floors, lock codes and the like are only ever shown as null. */
export const text: Codec<string, string> = {
  accepts: "text",
  read: (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number" && Number.isFinite(value)) return String(value);
    return throwUnreadable(value, "text");
  },
  encode: (value) => value,
};

/** Text of which "" means that there is none: `external_id`. */
export const nullableText: Codec<string, string> = { ...text, read: (value) => text.read(value) || null };

/** Whole numbers that GraphQL's Int can hold; Alma's ids are such. Digits in a string will do. */
export const integer: Codec<number, number> = {
  accepts: "whole",
  read: emptyAsNull((value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && Math.abs(number) < 2 ** 31) return number;
    return throwUnreadable(value, "a whole number");
  }),
  encode: (value) => value,
};

/** A number in a string. Up to three digits of exponent: nobody's rent has more than a thousand zeros. */
const NUMERIC_TEXT = /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;

/** Areas. Digits in a string will do, but no other text that JavaScript would take for a number: "0x10", " 7 ". */
export const float: Codec<number, number> = {
  accepts: "number",
  read: emptyAsNull((value) => {
    const number = typeof value === "string" && NUMERIC_TEXT.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    return throwUnreadable(value, "a number");
  }),
  encode: (value) => value,
};

export const flag: Codec<boolean, boolean> = {
  accepts: "flag",
  read: (value) => (typeof value === "boolean" ? value : throwUnreadable(value, "true or false")),
  encode: (value) => value,
};

/** A calendar date `YYYY-MM-DD`: the first ten characters of what Alma says. No time zone is ever applied. */
export const date: Codec<string, string> = {
  accepts: "date",
  read: emptyAsNull((value) => {
    const day = typeof value === "string" ? value.slice(0, 10) : "";
    return isCalendarDate(day) ? day : throwUnreadable(value, "a date");
  }),
  encode: (value) =>
    isCalendarDate(value) ? `${value}T00:00:00` : throwUnsendable(value, "a date, as in 2025-08-21"),
};

/** An exact decimal, as text. A string stays as it is; a number keeps its digits. Written as a JSON number. */
export const decimal: Codec<string, string> = {
  accepts: "decimal",
  read: emptyAsNull((value) => {
    if (typeof value === "string" && isDecimal(value)) return value;
    const number = typeof value === "number" ? String(value) : value;
    if (typeof number === "string" && NUMERIC_TEXT.test(number)) return new Decimal(number).toFixed();
    return throwUnreadable(value, "a decimal");
  }),
  encode: (value) => new ExactNumber(requireDecimal(value)),
};

/** A decimal that Alma takes and gives in a string: `price`. */
export const decimalText: Codec<string, string> = { ...decimal, encode: (value) => requireDecimal(value) };

function requireDecimal(value: string): string {
  return isDecimal(value) ? value : throwUnsendable(value, "a decimal, as in 1250.50");
}

/** Of values that are no text, Alma says "" for none. */
function emptyAsNull<T>(read: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => (value === "" ? null : read(value));
}
