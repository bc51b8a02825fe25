import type { Json } from "../http/exact-json.ts";
import { type Field, type Fields, InvalidValueError, type Path, wireName } from "./field.ts";
import type { Problem } from "./problem.ts";

type InputFields = Readonly<Record<string, unknown>>;
/** A body to send, or all problems that prevent sending it. */
export type EncodeResult =
  | { readonly body: Readonly<Record<string, Json>> }
  | { readonly problems: readonly Problem[] };

/** Encodes the body of a POST. It has every key of Alma's example, with defaults for omitted fields. */
export function encodeDraft(fields: Fields, draft: InputFields): EncodeResult {
  return encode(fields, draft, (name, { writeOptions }) => {
    if (writeOptions?.isRequired) return asProblem("REQUIRED", name, "A value is required here.");
    if (!writeOptions?.sendByDefault) return undefined;
    const { sendByDefault, emptyValue = null } = writeOptions;
    return { body: typeof sendByDefault === "function" ? sendByDefault(draft) : emptyValue };
  });
}

/** Encodes the body of a PATCH: the given fields. A null is sent as the field's empty value. */
export function encodeChanges(fields: Fields, changes: InputFields): EncodeResult {
  return encode(fields, changes, (name, { writeOptions }) => {
    if (changes[name] === undefined) return undefined;
    const emptyValue = writeOptions?.emptyValue;
    if (emptyValue === undefined)
      return asProblem("INVALID", name, "Alma cannot clear this; leave it out or give a value.");
    return { body: emptyValue };
  });
}

/** `encodeAbsent` returns the value to send for a field without a value; undefined to send nothing. */
function encode(
  fields: Fields,
  input: InputFields,
  encodeAbsent: (name: string, field: Field) => { body: Json } | { problem: Problem } | undefined,
): EncodeResult {
  const body: Record<string, Json> = {};
  const problems: Problem[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (field.writeOptions === undefined) continue;
    const value = input[name];
    const encoded =
      value === undefined || value === null ? encodeAbsent(name, field) : encodeValue(name, field, value);
    if (encoded === undefined) continue;
    if ("problem" in encoded) problems.push(encoded.problem);
    else body[wireName(name, field)] = encoded.body;
  }
  return problems.length > 0 ? { problems } : { body };
}

function encodeValue(name: string, field: Field, value: unknown): { body: Json } | { problem: Problem } {
  if (field.writeOptions?.isRequired && typeof value === "string" && value.trim() === "")
    return asProblem("REQUIRED", name, "A text that is not blank is required here.");
  try {
    return { body: field.encode(value as never) };
  } catch (error) {
    if (error instanceof InvalidValueError) return asProblem("INVALID", name, error.message);
    throw error;
  }
}

function asProblem(code: Problem["code"], name: string, message: string): { problem: Problem } {
  return { problem: { code, message, path: [name] } };
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
