import { stripBlanks } from "../../alma/index.ts";

/**
 * The arguments of a mutation with the blanks taken off around every Bitrix id in them, as Alma takes them off, so that
 * one id is written in one way: in locks, lookups, bodies and fingerprints. Returns the same object if none has any.
 */
export function stripExternalIds(value: unknown, name?: string): unknown {
  if (typeof value === "string") {
    if (name === "externalId") return stripBlanks(value);
    // An additional id that is empty is none.
    return name === "additionalExternalId" ? stripBlanks(value) || null : value;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  const stripped = entries.map(([key, part]) => [key, stripExternalIds(part, key)] as const);
  return stripped.some(([, part], index) => part !== entries[index]?.[1])
    ? Object.fromEntries(stripped)
    : value;
}
