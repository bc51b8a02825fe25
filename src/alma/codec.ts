import { Decimal } from "decimal.js";
import { isCalendarDate } from "./calendar-date.ts";
import { isDecimal } from "./decimal.ts";
import { Exact, type Json } from "./json.ts";

/** A value, answered by Alma or to be sent to it, that is not what it should be; the message tells both. */
export class Misfit extends Error {}

/** A step by step way into a draft or a body: names of fields and indexes. */
export type Path = readonly (string | number)[];

/** What a written value has to be: the JavaScript type, and of a text what it must look like. */
export type Takes = "text" | "whole" | "number" | "flag" | "date" | "decimal" | "file" | "photos" | "record";

/** How one field is read, and how it is written if it can be. Null and missing values never come here. */
export interface Codec<Read, Written> {
  /** Left out where nothing is written. */
  readonly takes?: Takes;
  /** Null means that Alma says nothing. Throws Misfit. */
  readonly read: (value: unknown) => Read | null;
  readonly encode: (value: Written) => Json;
  /** Where in the written value a place in its JSON comes from; the value as a whole if left out. */
  readonly trace?: (place: Path, value: Written) => Path;
}

/** Refuses what Alma answered, saying of which kind it is and what was expected. */
export function unreadable(value: unknown, expected: string): never {
  const found = Array.isArray(value)
    ? "a list"
    : typeof value === "object"
      ? "an object"
      : `a ${typeof value}`;
  throw new Misfit(`Alma answered ${found} that is not ${expected}.`);
}

function unsendable(value: string, expected: string): never {
  throw new Misfit(`${JSON.stringify(value.slice(0, 50))} is not ${expected}.`);
}

/** Text as it is; numbers are printed: floors, lock codes and the like are only ever shown as null. */
export const text: Codec<string, string> = {
  takes: "text",
  read: (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number" && Number.isFinite(value)) return String(value);
    return unreadable(value, "text");
  },
  encode: (value) => value,
};

/** Text of which "" means that there is none: `external_id`. */
export const textOrNone: Codec<string, string> = { ...text, read: (value) => text.read(value) || null };

/** Whole numbers that GraphQL's Int can hold; Alma's ids are such. Digits in a string will do. */
export const integer: Codec<number, number> = {
  takes: "whole",
  read: orNothing((value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && Math.abs(number) < 2 ** 31) return number;
    return unreadable(value, "a whole number");
  }),
  encode: (value) => value,
};

/** A number in a string. Up to three digits of exponent: nobody's rent has more than a thousand zeros. */
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;

/** Areas. Digits in a string will do, but no other text that JavaScript would take for a number: "0x10", " 7 ". */
export const float: Codec<number, number> = {
  takes: "number",
  read: orNothing((value) => {
    const number = typeof value === "string" && NUMBER.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    return unreadable(value, "a number");
  }),
  encode: (value) => value,
};

export const flag: Codec<boolean, boolean> = {
  takes: "flag",
  read: (value) => (typeof value === "boolean" ? value : unreadable(value, "true or false")),
  encode: (value) => value,
};

/** A calendar date `YYYY-MM-DD`: the first ten characters of what Alma says. No time zone is ever applied. */
export const date: Codec<string, string> = {
  takes: "date",
  read: orNothing((value) => {
    const day = typeof value === "string" ? value.slice(0, 10) : "";
    return isCalendarDate(day) ? day : unreadable(value, "a date");
  }),
  encode: (value) =>
    isCalendarDate(value) ? `${value}T00:00:00` : unsendable(value, "a date, as in 2025-08-21"),
};

/** An exact decimal, as text. A string stays as it is; a number keeps its digits. Written as a JSON number. */
export const decimal: Codec<string, string> = {
  takes: "decimal",
  read: orNothing((value) => {
    if (typeof value === "string" && isDecimal(value)) return value;
    const number = typeof value === "number" ? String(value) : value;
    if (typeof number === "string" && NUMBER.test(number)) return new Decimal(number).toFixed();
    return unreadable(value, "a decimal");
  }),
  encode: (value) => new Exact(checkedDecimal(value)),
};

/** A decimal that Alma takes and gives in a string: `price`. */
export const decimalText: Codec<string, string> = { ...decimal, encode: (value) => checkedDecimal(value) };

function checkedDecimal(value: string): string {
  return isDecimal(value) ? value : unsendable(value, "a decimal, as in 1250.50");
}

/** Of values that are no text, Alma says "" for none. */
function orNothing<T>(read: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => (value === "" ? null : read(value));
}
