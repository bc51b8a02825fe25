import { stripBlanks } from "../../../alma/index.ts";
import type { JsonValue } from "./json.ts";
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

/** A Bitrix id: digits, as text. Undefined for anything else, and for 0, by which Bitrix means "no item". */
export function parseItemId(raw: JsonValue): string | undefined {
  const text = typeof raw === "number" || typeof raw === "string" ? stripBlanks(String(raw)) : "";
  const id = /^\d{1,18}$/.test(text) ? text.replace(/^0+/, "") : "";
  return id === "" ? undefined : id;
}

/** Why a value is no id, for messages. */
export const itemIdProblem = (raw: JsonValue): string =>
  `${formatValue(raw)} is no id of an item: in Bitrix those are digits. A placeholder of a tool is to be filled in before the item is sent.`;

/**
 * Replaces ids with an entity type by plain ids. A field that may name items of several entity types prefixes the ids
 * with their types: `T90_12`, with the type in hexadecimal, `C_31`, or `DYNAMIC_144_12`. Ids of other types than
 * `entityType` become null; if it is undefined, none do.
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

function entityTypeOf(prefix: string): string | undefined {
  const [, dynamicType, hexadecimal] = /^(?:DYNAMIC_(\d+)|T([0-9A-F]+))$/.exec(prefix) ?? [];
  if (hexadecimal !== undefined) return String(Number.parseInt(hexadecimal, 16));
  return dynamicType ?? ENTITY_TYPE_BY_PREFIX[prefix];
}
