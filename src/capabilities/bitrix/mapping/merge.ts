import { isJsonObject, type JsonObject, type JsonValue } from "../item/json.ts";
import type { Path, ReportIssue } from "./check-mapping.ts";

/**
 * Merges a valid mapping over the one it extends. Objects are merged key by key, rows of a table by option, and null
 * removes. A field mapping with `as` or `always` replaces the extended one completely.
 */
export function mergeMappings(
  base: JsonValue | undefined,
  own: JsonValue,
  path: Path,
  report: ReportIssue,
): JsonValue | undefined {
  if (own === null && base === undefined)
    report(path, "removes something that dubai.json does not have; remove this line or correct the name.");
  if (own === null) return undefined;
  if (path[2] === "rows" && Array.isArray(own) && Array.isArray(base)) return mergeRows(base, own);
  if (!isJsonObject(own) || !isJsonObject(base) || replacesField(path, own)) return own;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(own)) {
    const part = mergeMappings(merged.get(key), value, [...path, key], report);
    if (part === undefined) merged.delete(key);
    else merged.set(key, part);
  }
  return Object.fromEntries(merged);
}

function mergeRows(base: readonly JsonValue[], own: readonly JsonValue[]): JsonValue {
  const optionOf = (row: JsonValue) => String((row as JsonObject).option).trim();
  return [...new Map([...base, ...own].map((row) => [optionOf(row), row])).values()];
}

/** Returns whether a field mapping replaces the extended one completely. */
const replacesField = (path: Path, own: JsonObject) =>
  path.length === 5 && path[2] === "records" && ("as" in own || "always" in own);
