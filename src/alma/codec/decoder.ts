import {
  type Fields,
  InvalidValueError,
  isObject,
  type PartialOf,
  parseId,
  type RecordOf,
  wireName,
} from "./field.ts";
import type { Decoded } from "./reading.ts";

/** Decodes an answer. Returns undefined for a value that is not an object or has no usable id. Never throws. */
export type Decoder<T> = (value: unknown) => Decoded<T> | undefined;

type Report = (undocumentedField: string) => void;

/** Creates a decoder of the given fields, compiled once. Reports other fields. */
export function createDecoder<F extends Fields>(fields: F, report: Report): Decoder<RecordOf<F>> {
  return compileDecoder(fields, null, report) as Decoder<RecordOf<F>>;
}

/** Creates a decoder for a list, which may omit fields: an omitted field is undefined (unknown), not null. */
export function createPartialDecoder<F extends Fields>(fields: F, report: Report): Decoder<PartialOf<F>> {
  return compileDecoder(fields, undefined, report) as Decoder<PartialOf<F>>;
}

function compileDecoder(
  fields: Fields,
  absent: null | undefined,
  report: Report,
): Decoder<{ readonly id: number }> {
  const readers = Object.entries(fields)
    .filter(([, field]) => !field.isWriteOnly)
    .map(([name, field]) => ({ name, wire: wireName(name, field), read: field.read }));
  const documentedNames = new Set(["id", ...readers.map(({ wire }) => wire)]);
  // A copy of an object with all fields has a shape that V8 shares; an object that grows field by field becomes a
  // dictionary.
  const emptyRecord = Object.fromEntries(readers.map(({ name }) => [name, absent]));
  return (value) => {
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
        if (!(error instanceof InvalidValueError)) throw error;
        fieldErrors ??= {};
        fieldErrors[name] = error.message;
      }
    }
    for (const wire of Object.keys(value)) if (!documentedNames.has(wire)) report(wire);
    return (fieldErrors === undefined ? { record } : { record, fieldErrors }) as Decoded<{
      readonly id: number;
    }>;
  };
}
