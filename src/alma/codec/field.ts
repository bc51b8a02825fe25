import { Decimal } from "decimal.js";
import { amountText, compareDecimal, isDecimal } from "../http/decimal.ts";
import { ExactNumber, type Json } from "../http/exact-json.ts";
import { isAlmaId, MAX_EXTERNAL_ID, stripBlanks } from "./ref.ts";

/** A value from or for Alma with the wrong type or form. The message describes the value and the expected form. */
export class InvalidValueError extends Error {}

/** A path in a draft or body: field names and indexes. */
export type Path = readonly (string | number)[];

/** The types that writable fields accept. */
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

/** Decodes and encodes the values of one field. Its callers handle null and missing values. */
export interface Codec<Read, Written> {
  /** Undefined for a read-only field. */
  readonly accepts?: AcceptedType;
  /** Decodes a value of Alma; null if it means no value. Throws InvalidValueError. */
  readonly read: (value: unknown) => Read | null;
  readonly encode: (value: Written) => Json;
  /** Maps a path in the JSON of a value to a path in the value; by default to the whole value. */
  readonly toInputPath?: (bodyPath: Path, value: Written) => Path;
  /**
   * Returns whether two values are the same; by default if identical. `shown` has the form in which it is
   * sent.
   */
  readonly same?: (shown: Written, value: Written) => boolean;
  /** Returns a value as Alma stores it, by known rules; by default unchanged. */
  readonly stored?: (sent: Written) => unknown;
  /** Returns whether Alma may have derived the shown value from the sent one by unknown rules; false by default. */
  readonly mayBeDerived?: (shown: Written, sent: Written) => boolean;
}

/** Throws InvalidValueError for a value of Alma, with its type and the expected one. */
export function throwUnreadable(value: unknown, expected: string): never {
  const actual = Array.isArray(value)
    ? "a list"
    : typeof value === "object"
      ? "an object"
      : `a ${typeof value}`;
  throw new InvalidValueError(`Alma returned ${actual} that is not ${expected}.`);
}

function throwUnsendable(value: string, expected: string): never {
  throw new InvalidValueError(`${JSON.stringify(value.slice(0, 50))} is not ${expected}.`);
}

/** The maximum number of characters of any text sent to Alma. */
export const MAX_TEXT = 10_000;
/** The maximum number of characters of a file name, as in file systems. */
export const MAX_FILE_NAME = 255;

/** Refuses a text that is too long before other code processes it. Throws InvalidValueError. */
function requireLength(value: string, max: number) {
  if (value.length <= max) return value;
  throw new InvalidValueError(`The text has ${value.length} characters; ${max} are allowed.`);
}

/** Text. Numbers become text, since Alma's document shows floors, lock codes and similar fields only as null. */
export const text: Codec<string, string> = {
  accepts: "text",
  read: (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number" && Number.isFinite(value)) return String(value);
    return throwUnreadable(value, "text");
  },
  encode: (value) => requireLength(value, MAX_TEXT),
  stored: stripBlanks,
  mayBeDerived: (shown, sent) => fold(shown) === fold(sent) || isSameDecimal(shown, sent),
};

/** Removes differences that databases and forms introduce: case, blanks, Unicode forms. */
const fold = (value: string) => value.normalize("NFKC").toLowerCase().replace(/\s/gu, "");

/** Returns whether two texts are the same number. */
function isSameDecimal(one: unknown, other: unknown) {
  const [a, b] = [String(one), String(other)];
  return isDecimal(a) && isDecimal(b) && compareDecimal(a, b) === 0;
}

/** A Bitrix id. Blank text means none. */
export const bitrixId: Codec<string, string> = {
  ...text,
  read: (value) => {
    const read = text.read(value);
    return read === null || stripBlanks(read) === "" ? null : read;
  },
  encode: (value) => requireLength(value, MAX_EXTERNAL_ID),
};

/** The password of a lock. Alma stores only 8 characters of it, without reporting that. */
export const lockPassword: Codec<string, string> = {
  ...text,
  stored: (value) => stripBlanks(value).slice(0, 8),
};

/** A phone number. Alma may store only its digits and plus signs. */
export const phone: Codec<string, string> = {
  ...text,
  mayBeDerived: (shown, sent) => digitsAndPlus(shown) !== "" && digitsAndPlus(shown) === digitsAndPlus(sent),
};

const digitsAndPlus = (value: string) => value.replace(/[^\d+]/g, "");

/** Integers within GraphQL's Int, as numbers or as digits in a string. */
export const integer: Codec<number, number> = {
  accepts: "whole",
  read: emptyAsNull((value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && Math.abs(number) < 2 ** 31) return number;
    return throwUnreadable(value, "a whole number");
  }),
  encode: (value) => value,
};

/** A number in a string. Its exponent has at most three digits, so that it stays short when written out. */
const NUMERIC_TEXT = /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;

/** Numbers with a fraction, such as areas, also in a string. Rejects "0x10" and " 7 ", which JavaScript accepts. */
export const float: Codec<number, number> = {
  accepts: "number",
  read: emptyAsNull((value) => {
    const number = typeof value === "string" && NUMERIC_TEXT.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    return throwUnreadable(value, "a number");
  }),
  encode: (value) => value,
};

/** True or false. */
export const flag: Codec<boolean, boolean> = {
  accepts: "flag",
  read: (value) => (typeof value === "boolean" ? value : throwUnreadable(value, "true or false")),
  encode: (value) => value,
};

/** Returns whether a text is a calendar date `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31. */
export function isCalendarDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text.startsWith("0000")) return false;
  // JavaScript reads February 30 as a day in March.
  return new Date(`${text}T00:00:00Z`).getUTCDate() === Number(text.slice(8));
}

/** A calendar date `YYYY-MM-DD`: the first ten characters of Alma's text, without time zones. */
export const date: Codec<string, string> = {
  accepts: "date",
  read: emptyAsNull((value) => {
    const day = typeof value === "string" ? value.slice(0, 10) : "";
    return isCalendarDate(day) ? day : throwUnreadable(value, "a date");
  }),
  encode: (value) =>
    isCalendarDate(value) ? `${value}T00:00:00` : throwUnsendable(value, "a date, as in 2025-08-21"),
};

/** An exact decimal, as text in the form of amounts, sent as a JSON number. */
export const decimal: Codec<string, string> = {
  accepts: "decimal",
  read: emptyAsNull((value) => {
    if (typeof value === "string" && isDecimal(value)) return amountText(value);
    const number = typeof value === "number" ? String(value) : value;
    if (typeof number === "string" && NUMERIC_TEXT.test(number))
      return amountText(new Decimal(number).toFixed());
    return throwUnreadable(value, "a decimal");
  }),
  encode: (value) => new ExactNumber(requireDecimal(value)),
  same: isSameDecimal,
  // Alma may round to two decimals.
  mayBeDerived: (shown, sent) => isDecimal(shown) && new Decimal(shown).sub(sent).abs().lt("0.01"),
};

/** A decimal that Alma reads and shows as a string: `price`. */
export const decimalText: Codec<string, string> = { ...decimal, encode: (value) => requireDecimal(value) };

function requireDecimal(value: string): string {
  return value.length <= MAX_TEXT && isDecimal(value)
    ? value
    : throwUnsendable(value, "a decimal, as in 1250.50");
}

/** Alma also shows "" for a missing number, date or decimal. */
function emptyAsNull<T>(read: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => (value === "" ? null : read(value));
}

/** How creates and updates send a field. */
interface WriteOptions<IsRequired extends boolean> {
  /** Whether a create requires it. */
  readonly isRequired: IsRequired;
  /**
   * Whether a create sends the field even if the caller omits it, as in Alma's example: as `emptyValue`, or computed by
   * the function from the rest of the draft.
   */
  readonly sendByDefault: boolean | ((draft: Readonly<Record<string, unknown>>) => Json);
  /** The value sent to clear the field. If omitted, the field cannot be cleared. */
  readonly emptyValue?: Json;
}

/** A field of a record: its codec and, if writable, how it is written. Write-only fields are not read. */
export type Field = Codec<unknown, never> & {
  readonly writeOptions?: WriteOptions<boolean>;
  readonly wire?: string;
  readonly isWriteOnly?: true;
};

/**
 * The fields of one kind by their names in the gateway. Alma's name is the same in snake_case, or `wire` if set. Types,
 * decoder, encoder and the mapping of refusals are derived from this table.
 */
export type Fields = Readonly<Record<string, Field>>;

/** Declares a field that a create requires. */
export function required<R, W>(
  codec: Codec<R, W>,
): Codec<R, W> & { readonly writeOptions: WriteOptions<true> } {
  return { ...codec, writeOptions: { isRequired: true, sendByDefault: false } };
}

/**
 * Declares a field of Alma's example that every create sends. It is sent as `emptyValue` if the caller clears
 * or omits it; if omitted, `computeDefault` may compute it from the rest of the draft.
 */
export function withDefault<R, W>(
  codec: Codec<R, W>,
  emptyValue: Json,
  computeDefault?: (draft: Readonly<Record<string, unknown>>) => Json,
): Codec<R, W> & { readonly writeOptions: WriteOptions<false> } {
  return { ...codec, writeOptions: { isRequired: false, sendByDefault: computeDefault ?? true, emptyValue } };
}

/** Declares a field that is sent only if given. Without `emptyValue` it cannot be cleared. */
export function optional<R, W>(
  codec: Codec<R, W>,
  emptyValue?: Json,
): Codec<R, W> & { readonly writeOptions: WriteOptions<false> } {
  return { ...codec, writeOptions: { isRequired: false, sendByDefault: false, emptyValue } };
}

/** Declares the id of another record, sent as `wire` and returned inside `unit_usage` (Alma: Contracts). */
export function reference(wire: string): Codec<never, number> & {
  readonly writeOptions: WriteOptions<true>;
  readonly isWriteOnly: true;
  readonly wire: string;
} {
  const read = () => {
    throw new InvalidValueError("It is never read.");
  };
  return {
    accepts: "record",
    read,
    encode: (id) => id,
    writeOptions: { isRequired: true, sendByDefault: false },
    isWriteOnly: true,
    wire,
  };
}

type Simplify<T> = { readonly [K in keyof T]: T[K] };

/** The record described by a table of fields. Everything but the id may be null. */
export type RecordOf<F extends Fields> = Simplify<
  { id: number } & {
    [K in keyof F as F[K] extends { isWriteOnly: true } ? never : K]: F[K] extends Codec<infer R, never>
      ? R | null
      : never;
  }
>;

type WrittenValue<F> = F extends { encode: (value: infer W) => Json } ? W : never;
type RequiredKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { writeOptions: WriteOptions<true> } ? K : never;
}[keyof F];
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { writeOptions: WriteOptions<false> } ? K : never;
}[keyof F];

/** The input of a create. */
export type DraftOf<F extends Fields> = Simplify<
  { [K in RequiredKeys<F>]: WrittenValue<F[K]> } & { [K in OptionalKeys<F>]?: WrittenValue<F[K]> | null }
>;

/** The input of an update: an absent field is unchanged, null clears it. */
export type ChangesOf<F extends Fields> = Simplify<{
  [K in RequiredKeys<F> | OptionalKeys<F>]?: WrittenValue<F[K]> | null;
}>;

/** A part of a record described by a table of fields. An undefined field was omitted in the answer. */
export type PartialOf<F extends Fields> = Simplify<
  { id: number } & { [K in keyof Omit<RecordOf<F>, "id">]: RecordOf<F>[K & keyof RecordOf<F>] | undefined }
>;

/** Returns Alma's name of a field. */
export function wireName(name: string, field: Field): string {
  return field.wire ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Returns whether a value is a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses an id: an integer from 1, or its digits in a string. */
export function parseId(value: unknown): number | undefined {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return isAlmaId(id) ? id : undefined;
}
