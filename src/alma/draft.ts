import { Misfit, type Path } from "./codec.ts";
import { type Field, type Fields, wireName } from "./field.ts";
import type { Json } from "./json.ts";
import type { Problem } from "./problem.ts";

type Values = Readonly<Record<string, unknown>>;
type Body = Readonly<Record<string, Json>>;

/** A body to send, or everything that keeps it from being sent. */
export type Encoded = { readonly body: Body } | { readonly problems: readonly Problem[] };

/** The body of a POST: every key of Alma's example, with neutral or made values for what the draft leaves out. */
export function encodeDraft(fields: Fields, draft: Values): Encoded {
  return encode(fields, draft, (name, { drafting }) => {
    if (drafting?.must) return problem("REQUIRED", name, "A value is required here.");
    if (!drafting?.always) return undefined;
    const { always, neutral = null } = drafting;
    return { body: typeof always === "function" ? always(draft) : neutral };
  });
}

/** The body of a PATCH: what is given, and the neutral value for what is null. */
export function encodeChanges(fields: Fields, changes: Values): Encoded {
  return encode(fields, changes, (name, { drafting }) => {
    if (changes[name] === undefined) return undefined;
    const neutral = drafting?.neutral;
    if (neutral === undefined)
      return problem("INVALID", name, "Alma has no way to clear this; leave it out or give a value.");
    return { body: neutral };
  });
}

/** `absent` says what is to be sent for a field that has no value. */
function encode(
  fields: Fields,
  values: Values,
  absent: (name: string, field: Field) => { body: Json } | { problem: Problem } | undefined,
): Encoded {
  const body: Record<string, Json> = {};
  const problems: Problem[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (field.drafting === undefined) continue;
    const value = values[name];
    const encoded =
      value === undefined || value === null ? absent(name, field) : encodeValue(name, field, value);
    if (encoded === undefined) continue;
    if ("problem" in encoded) problems.push(encoded.problem);
    else body[wireName(name, field)] = encoded.body;
  }
  return problems.length > 0 ? { problems } : { body };
}

function encodeValue(name: string, field: Field, value: unknown): { body: Json } | { problem: Problem } {
  try {
    return { body: field.encode(value as never) };
  } catch (error) {
    if (error instanceof Misfit) return problem("INVALID", name, error.message);
    throw error;
  }
}

function problem(code: Problem["code"], name: string, message: string): { problem: Problem } {
  return { problem: { code, message, path: [name] } };
}

/**
 * The caller's place for a place in Alma's refusal: the first step that names a field which can be written, and from
 * there on what its codec knows. Empty if the refusal is about the record as a whole.
 */
export function trace(fields: Fields, values: Values, place: Path): Path {
  for (const [index, step] of place.entries()) {
    const found = Object.entries(fields).find(
      ([name, field]) => field.drafting && wireName(name, field) === step,
    );
    if (found === undefined) continue;
    const [name, field] = found;
    const value = values[name];
    const inside =
      value === undefined || value === null
        ? []
        : (field.trace?.(place.slice(index + 1), value as never) ?? []);
    return [name, ...inside];
  }
  return [];
}
