import type { JsonValue } from "../../../graph/index.ts";

export type { JsonValue } from "../../../graph/index.ts";

/** A JSON object. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** Returns whether a value is a JSON object: neither a list nor null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
