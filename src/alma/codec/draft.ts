import type { Json } from "../http/exact-json.ts";
import { type Field, type Fields, InvalidValueError, type Path, wireName } from "./field.ts";
import type { Problem } from "./problem.ts";

type InputFields = Readonly<Record<string, unknown>>;
/** A body, and all problems that prevent sending it. */
interface EncodeResult {
  readonly body: Readonly<Record<string, Json>>;
  readonly problems: readonly Problem[];
}

/** A required value is missing. */
class MissingValueError extends InvalidValueError {}

/** Encodes the body of a POST. It has every key of Alma's example, with defaults for omitted fields. */
export function encodeDraft(fields: Fields, draft: InputFields): EncodeResult {
  return encode(fields, draft, (_, { writeOptions }) => {
    if (writeOptions?.isRequired) throw new MissingValueError("A value is required here.");
    if (!writeOptions?.sendByDefault) return undefined;
    const { sendByDefault, emptyValue = null } = writeOptions;
    return typeof sendByDefault === "function" ? sendByDefault(draft) : emptyValue;
  });
}

/** Encodes the body of a PATCH: the given fields. A null is sent as the field's empty value. */
export function encodeChanges(fields: Fields, changes: InputFields): EncodeResult {
  return encode(fields, changes, (name, { writeOptions }) => {
    if (changes[name] === undefined) return undefined;
    const emptyValue = writeOptions?.emptyValue;
    if (emptyValue === undefined)
      throw new InvalidValueError("Alma cannot clear this; leave it out or give a value.");
    return emptyValue;
  });
}

/**
 * `encodeAbsent` returns the value to send for a field without a value; undefined to send nothing. It may throw
 * InvalidValueError.
 */
function encode(
  fields: Fields,
  input: InputFields,
  encodeAbsent: (name: string, field: Field) => Json | undefined,
): EncodeResult {
  const body: Record<string, Json> = {};
  const problems: Problem[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (field.writeOptions === undefined) continue;
    const value = input[name];
    try {
      const isAbsent = value === undefined || value === null;
      const encoded = isAbsent ? encodeAbsent(name, field) : encodeValue(field, value);
      if (encoded !== undefined) body[wireName(name, field)] = encoded;
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      const code = error instanceof MissingValueError ? "REQUIRED" : "INVALID";
      problems.push({ code, message: error.message, path: [name] });
    }
  }
  return { body, problems };
}

function encodeValue(field: Field, value: unknown): Json {
  if (field.writeOptions?.isRequired && typeof value === "string" && value.trim() === "")
    throw new MissingValueError("A text that is not blank is required here.");
  return field.encode(value as never);
}

/**
 * Maps a path in Alma's refusal to a path in the draft, starting at the first step that is a writable field. The
 * field's codec maps the rest. Empty if the refusal concerns the whole record.
 */
export function toInputPath(fields: Fields, input: InputFields, bodyPath: Path): Path {
  for (const [index, step] of bodyPath.entries()) {
    const match = Object.entries(fields).find(
      ([name, field]) => field.writeOptions && wireName(name, field) === step,
    );
    if (match === undefined) continue;
    const [name, field] = match;
    const value = input[name];
    const innerPath =
      value === undefined || value === null
        ? []
        : (field.toInputPath?.(bodyPath.slice(index + 1), value as never) ?? []);
    return [name, ...innerPath];
  }
  return [];
}
