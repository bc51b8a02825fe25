import type { Json } from "../http/json.ts";
import { type Codec, InvalidValue } from "./codec.ts";
import type { Decoded } from "./reading.ts";
import { isAlmaId } from "./ref.ts";

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
