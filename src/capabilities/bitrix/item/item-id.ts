import { stripBlanks } from "../../../alma/index.ts";
import type { JsonValue } from "./json-object.ts";
import { formatValue } from "./read-result.ts";

/** The ids of the entity types that Bitrix abbreviates or names: lead, deal, contact, company. */
const ENTITY_TYPE_BY_PREFIX: Readonly<Record<string, string>> = {
  L: "1",
  LEAD: "1",
  D: "2",
  DEAL: "2",
  C: "3",
  CONTACT: "3",
  CO: "4",
  COMPANY: "4",
};

/**
 * Parses a Bitrix id: digits, as text. Undefined for anything else, and for 0, which means "no item" in
 * Bitrix.
 */
export function parseItemId(raw: JsonValue): string | undefined {
  const text = typeof raw === "number" || typeof raw === "string" ? stripBlanks(String(raw)) : "";
  const id = /^\d{1,18}$/.test(text) ? text.replace(/^0+/, "") : "";
  return id === "" ? undefined : id;
}

/** Explains why a value is not an id. */
export const itemIdProblem = (raw: JsonValue): string =>
  `${formatValue(raw)} is not the id of an item: in Bitrix those are digits. Replace placeholders before you send the item.`;

/**
 * Removes entity types from ids. A field for items of several entity types prefixes ids with them: `T90_12`
 * (hexadecimal), `C_31`, or `DYNAMIC_144_12`. Ids of types other than `entityType` become null; if `entityType` is
 * omitted, all ids are kept.
 */
export function stripEntityTypes(raw: JsonValue, entityType: string | undefined): JsonValue {
  // Nested lists contain no ids.
  if (Array.isArray(raw))
    return raw.map((entry) => (Array.isArray(entry) ? entry : stripEntityTypes(entry, entityType)));
  const [, prefix, id] =
    (typeof raw === "string" && /^([A-Z][A-Z0-9_]*)_(\d+)$/i.exec(stripBlanks(raw))) || [];
  if (prefix === undefined || id === undefined) return raw;
  const type = entityTypeOf(prefix.toUpperCase());
  return type !== undefined && (entityType === undefined || type === entityType) ? id : null;
}

function entityTypeOf(prefix: string) {
  const [, dynamicType, hexadecimal] = /^(?:DYNAMIC_(\d+)|T([0-9A-F]+))$/.exec(prefix) ?? [];
  if (hexadecimal !== undefined) return String(Number.parseInt(hexadecimal, 16));
  return dynamicType ?? ENTITY_TYPE_BY_PREFIX[prefix];
}
