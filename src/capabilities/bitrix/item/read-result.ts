import type { JsonValue } from "./json-object.ts";
import type { MappedValue } from "./mapped-item.ts";

/** A value for Alma (null for an empty field), or why it cannot be read. */
export type ReadResult = { readonly value: MappedValue } | { readonly problem: string };

/** Returns whether a field is empty. Bitrix sends false for an empty list. */
export function isEmpty(raw: JsonValue): boolean {
  if (raw === null || raw === false) return true;
  if (typeof raw === "string") return raw.trim() === "";
  if (typeof raw !== "object") return false;
  if (Array.isArray(raw))
    return raw.every((entry) => entry === null || entry === false || isBlankEntry(entry));
  return Object.keys(raw).length === 0;
}

function isBlankEntry(entry: JsonValue | undefined) {
  return typeof entry === "object" && entry !== null
    ? Object.keys(entry).length === 0
    : String(entry).trim() === "";
}

/**
 * Returns the single value of a field that Bitrix may wrap in a list; null for an empty list. Several different values
 * are a problem, unless the mapping selects the first.
 */
export function singleValue(
  raw: JsonValue,
  several?: "first",
): { readonly single: JsonValue } | { readonly problem: string } {
  if (!Array.isArray(raw)) return { single: raw };
  const entries: readonly JsonValue[] = raw.filter((entry) => !isEmpty(entry));
  const [first = null] = entries;
  if (several === "first") return { single: first };
  const areDifferent = entries.some((entry) => typeof entry === "object" || String(entry) !== String(first));
  if (!areDifferent || entries.length < 2) return { single: first };
  return {
    problem: `it has ${entries.length} different values where one is expected. Leave one in Bitrix, or say "several": "first" in the mapping.`,
  };
}

/** Shortens a value for messages. */
export function formatValue(value: JsonValue): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
