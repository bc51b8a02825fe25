import { Decimal } from "decimal.js";
import { amountText, compareDecimal, isDecimal } from "../http/decimal.ts";
import { ExactNumber, type Json } from "../http/json.ts";
import type { Decoded } from "./reading.ts";
import { isAlmaId, maxExternalId, stripBlanks } from "./ref.ts";

/** A value, of Alma or for Alma, that has the wrong type or form. The message says what it is and what is expected. */
export class InvalidValue extends Error {}

/** A path into a draft or a body: names of fields, and indexes. */
export type Path = readonly (string | number)[];

/** The type of the values that a field accepts when it is written. */
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

/** Decodes and encodes the values of one field. Null and missing values are handled by its callers. */
export interface Codec<Read, Written> {
  /** Undefined for a field that is never written. */
  readonly accepts?: AcceptedType;
  /** Decodes a value of Alma; null if it means that there is no value. Throws InvalidValue. */
  readonly read: (value: unknown) => Read | null;
  readonly encode: (value: Written) => Json;
  /** Maps a path in the JSON of a value to a path in the value; by default to the value as a whole. */
  readonly toInputPath?: (bodyPath: Path, value: Written) => Path;
  /** Whether two values are the same; by default if they are identical. What is shown comes first, as it is sent. */
  readonly same?: (shown: Written, value: Written) => boolean;
  /** What Alma makes of a value by rules that are known; by default the value itself. */
  readonly stored?: (sent: Written) => unknown;
  /** Whether Alma may have made what it shows of another value, by rules that are not known; by default it may not. */
  readonly mayBe?: (shown: Written, sent: Written) => boolean;
}

/** Throws InvalidValue for a value of Alma, naming its type and the expected one. */
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

/** The most characters of any text that is sent to Alma, or asked for. */
export const maxText = 10_000;
/** The most characters of a file's name, as file systems have it. */
export const maxFileName = 255;

/** Refuses a text that is too long, before anything matches it. Throws InvalidValue. */
function requireLength(value: string, max: number): string {
  if (value.length <= max) return value;
  throw new InvalidValue(`The text has ${value.length} characters; ${max} are allowed.`);
}

/** Text. Numbers are printed as text: Alma's document shows floors, lock codes and the like only as null. */
export const text: Codec<string, string> = {
  accepts: "text",
  read: (value) => {
    if (typeof value === "string") return value;
    if (typeof value === "number" && Number.isFinite(value)) return String(value);
    return throwUnreadable(value, "text");
  },
  encode: (value) => requireLength(value, maxText),
  stored: stripBlanks,
  mayBe: (shown, sent) => fold(shown) === fold(sent) || isSameDecimal(shown, sent),
};

/** A text without what databases and forms change: case, blanks, the form of its characters. */
const fold = (value: string): string => value.normalize("NFKC").toLowerCase().replace(/\s/gu, "");

/** Whether two texts are the same number, as far as they are numbers. */
function isSameDecimal(one: unknown, other: unknown): boolean {
  const [a, b] = [String(one), String(other)];
  return isDecimal(a) && isDecimal(b) && compareDecimal(a, b) === 0;
}

/** A Bitrix id: text that is none if nothing but blanks is in it. */
export const nullableText: Codec<string, string> = {
  ...text,
  read: (value) => {
    const read = text.read(value);
    return read === null || stripBlanks(read) === "" ? null : read;
  },
  encode: (value) => requireLength(value, maxExternalId),
};

/** The password of a lock, of which Alma stores 8 characters without reporting it. */
export const lockPassword: Codec<string, string> = {
  ...text,
  stored: (value) => stripBlanks(value).slice(0, 8),
};

/** A phone number, of which Alma may store the digits alone. */
export const phone: Codec<string, string> = {
  ...text,
  mayBe: (shown, sent) => digitsOf(shown) !== "" && digitsOf(shown) === digitsOf(sent),
};

const digitsOf = (value: string): string => value.replace(/[^\d+]/g, "");

/** Whole numbers within GraphQL's Int, as numbers or as digits in a string. */
export const integer: Codec<number, number> = {
  accepts: "whole",
  read: emptyAsNull((value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && Math.abs(number) < 2 ** 31) return number;
    return throwUnreadable(value, "a whole number");
  }),
  encode: (value) => value,
};

/** A number in a string, with an exponent of at most three digits, so that it stays short when it is written out. */
const NUMERIC_TEXT = /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;

/**
 * Numbers with a fraction, such as areas; also in a string, but not as "0x10" or " 7 ", which JavaScript would accept.
 */
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

/** Whether a text is a calendar date `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31. */
export function isCalendarDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || text.startsWith("0000")) return false;
  // JavaScript reads the 30th of February as a day of March.
  return new Date(`${text}T00:00:00Z`).getUTCDate() === Number(text.slice(8));
}

/** A calendar date `YYYY-MM-DD`: the first ten characters of Alma's text. No time zone is applied. */
export const date: Codec<string, string> = {
  accepts: "date",
  read: emptyAsNull((value) => {
    const day = typeof value === "string" ? value.slice(0, 10) : "";
    return isCalendarDate(day) ? day : throwUnreadable(value, "a date");
  }),
  encode: (value) =>
    isCalendarDate(value) ? `${value}T00:00:00` : throwUnsendable(value, "a date, as in 2025-08-21"),
};

/** An exact decimal, as text in the form of amounts. Written as a JSON number. */
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
  mayBe: (shown, sent) => isDecimal(shown) && new Decimal(shown).sub(sent).abs().lt("0.01"),
};

/** A decimal that Alma reads and shows as a string: `price`. */
export const decimalText: Codec<string, string> = { ...decimal, encode: (value) => requireDecimal(value) };

function requireDecimal(value: string): string {
  return value.length <= maxText && isDecimal(value)
    ? value
    : throwUnsendable(value, "a decimal, as in 1250.50");
}

/** Alma also shows "" for a missing number, date or decimal. */
function emptyAsNull<T>(read: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => (value === "" ? null : read(value));
}

/** How a field is written in a create and an update. */
interface WriteOptions<IsRequired extends boolean> {
  /** Whether a create must have it. */
  readonly isRequired: IsRequired;
  /**
   * Whether a create sends the field if the caller leaves it out, as Alma's example has it: with `emptyValue`, or with
   * what the function computes from the rest of the draft.
   */
  readonly sendByDefault: boolean | ((draft: Readonly<Record<string, unknown>>) => Json);
  /** What is sent to clear the field. A field without it cannot be cleared. */
  readonly emptyValue?: Json;
}

/** A field of a record: its codec and, if it can be written, how. A write-only field is in no answer. */
export type Field = Codec<unknown, never> & {
  readonly writeOptions?: WriteOptions<boolean>;
  readonly wire?: string;
  readonly isWriteOnly?: true;
};

/**
 * The fields of one kind of record, by their names in the gateway. Alma's name is the same in snake_case, unless `wire`
 * gives it. The types, the decoder, the encoder and the caller's field that a refusal is about follow from this table.
 */
export type Fields = Readonly<Record<string, Field>>;

/** A field that a create must have. */
export function required<R, W>(
  codec: Codec<R, W>,
): Codec<R, W> & { readonly writeOptions: WriteOptions<true> } {
  return { ...codec, writeOptions: { isRequired: true, sendByDefault: false } };
}

/**
 * A field of Alma's example for a create, which every create sends. It is sent as `emptyValue` if the caller clears it
 * or leaves it out; in the second case `computeDefault`, if given, computes it from the rest of the draft instead.
 */
export function withDefault<R, W>(
  codec: Codec<R, W>,
  emptyValue: Json,
  computeDefault?: (draft: Readonly<Record<string, unknown>>) => Json,
): Codec<R, W> & { readonly writeOptions: WriteOptions<false> } {
  return { ...codec, writeOptions: { isRequired: false, sendByDefault: computeDefault ?? true, emptyValue } };
}

/** A field that is sent only if the caller gives it. Without `emptyValue` it cannot be cleared. */
export function optional<R, W>(
  codec: Codec<R, W>,
  emptyValue?: Json,
): Codec<R, W> & { readonly writeOptions: WriteOptions<false> } {
  return { ...codec, writeOptions: { isRequired: false, sendByDefault: false, emptyValue } };
}

/** The id of another record, which is sent as `wire` and answered inside `unit_usage` (Alma: Contracts). */
export function reference(wire: string): Codec<never, number> & {
  readonly writeOptions: WriteOptions<true>;
  readonly isWriteOnly: true;
  readonly wire: string;
} {
  const read = () => {
    throw new InvalidValue("It is never read.");
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

/** The record that a table of fields describes. Everything but the id may be null. */
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

/** What a create accepts. */
export type DraftOf<F extends Fields> = Simplify<
  { [K in RequiredKeys<F>]: WrittenValue<F[K]> } & { [K in OptionalKeys<F>]?: WrittenValue<F[K]> | null }
>;

/** What an update accepts: an absent field stays as it is, null clears. */
export type ChangesOf<F extends Fields> = Simplify<{
  [K in RequiredKeys<F> | OptionalKeys<F>]?: WrittenValue<F[K]> | null;
}>;

/** Alma's name of a field. */
export function wireName(name: string, field: Field): string {
  return field.wire ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Decodes an answer. Returns undefined for a value that is not an object or has no usable id. Never throws. */
export type Decoder<T> = (
  value: unknown,
  onUndocumentedField: (field: string) => void,
) => Decoded<T> | undefined;

/** A part of a record that a table of fields describes: a field that is undefined was left out by the answer. */
type PartialOf<F extends Fields> = Simplify<
  { id: number } & { [K in keyof Omit<RecordOf<F>, "id">]: RecordOf<F>[K & keyof RecordOf<F>] | undefined }
>;

/** A decoder of the given fields, compiled once. Other fields are reported to `onUndocumentedField`. */
export function createDecoder<F extends Fields>(fields: F): Decoder<RecordOf<F>> {
  return compileDecoder(fields, null) as Decoder<RecordOf<F>>;
}

/** The same for a list, which may leave fields out: such a field is undefined (unknown), not null. */
export function createPartialDecoder<F extends Fields>(fields: F): Decoder<PartialOf<F>> {
  return compileDecoder(fields, undefined) as Decoder<PartialOf<F>>;
}

function compileDecoder(fields: Fields, absent: null | undefined): Decoder<{ readonly id: number }> {
  const readers = Object.entries(fields)
    .filter(([, field]) => !field.isWriteOnly)
    .map(([name, field]) => ({ name, wire: wireName(name, field), read: field.read }));
  const documentedNames = new Set(["id", ...readers.map(({ wire }) => wire)]);
  // A copy that has all fields at once has a shape that V8 shares; one that grows field by field becomes a dictionary.
  const emptyRecord = Object.fromEntries(readers.map(({ name }) => [name, absent]));
  return (value, onUndocumentedField) => {
    if (!isObject(value)) return undefined;
    const id = parseId(value.id);
    if (id === undefined) return undefined;
    const record: Record<string, unknown> = { id, ...emptyRecord };
    let fieldErrors: Record<string, string> | undefined;
    for (const { name, wire, read } of readers) {
      const raw = value[wire];
      if (raw === undefined) continue;
      record[name] = null;
      if (raw === null) continue;
      try {
        record[name] = read(raw);
      } catch (error) {
        if (!(error instanceof InvalidValue)) throw error;
        fieldErrors ??= {};
        fieldErrors[name] = error.message;
      }
    }
    for (const wire of Object.keys(value)) if (!documentedNames.has(wire)) onUndocumentedField(wire);
    return (fieldErrors === undefined ? { record } : { record, fieldErrors }) as Decoded<{
      readonly id: number;
    }>;
  };
}

/** Whether a value is a JSON object: not null, and not an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads an id: a whole number from 1, or its digits in a string. */
export function parseId(value: unknown): number | undefined {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return isAlmaId(id) ? id : undefined;
}
