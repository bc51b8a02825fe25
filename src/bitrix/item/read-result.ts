import type { JsonValue } from "./json.ts";
import type { MappedValue } from "./mapped-item.ts";

/** A value for Alma, null if there is nothing in the field, or why it cannot be read. */
export type ReadResult = { readonly value: MappedValue } | { readonly problem: string };

/** Whether a field has nothing in it. Bitrix says false for a list without entries. */
export function isEmpty(raw: JsonValue): boolean {
  if (raw === null || raw === false) return true;
  if (typeof raw === "string") return raw.trim() === "";
  if (typeof raw !== "object") return false;
  if (Array.isArray(raw)) return raw.every((one) => one === null || one === false || isBlankEntry(one));
  return Object.keys(raw).length === 0;
}

function isBlankEntry(entry: JsonValue | undefined): boolean {
  return typeof entry === "object" && entry !== null
    ? Object.keys(entry).length === 0
    : String(entry).trim() === "";
}

/** The one value of a field that Bitrix may have wrapped in a list; null if there is none. */
export function singleValue(
  raw: JsonValue,
  several?: "first",
): { readonly one: JsonValue } | { readonly problem: string } {
  if (!Array.isArray(raw)) return { one: raw };
  const entries: readonly JsonValue[] = raw.filter((one) => !isEmpty(one));
  const [first = null] = entries;
  if (several === "first") return { one: first };
  const different = entries.some((one) => typeof one === "object" || String(one) !== String(first));
  if (!different || entries.length < 2) return { one: first };
  return {
    problem: `it has ${entries.length} different values where one is expected. Leave one in Bitrix, or say "several": "first" in the mapping.`,
  };
}

/** A value as it can be shown in a sentence. */
export function formatValue(value: JsonValue): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
