import type { LinkMapping } from "./entry-schema.ts";
import type { FieldsByCode } from "./field-code.ts";
import { type ItemKind, itemLabels } from "./item-kind.ts";
import type { JsonValue } from "./json.ts";
import { findFirstFilled } from "./map-field.ts";
import type { ItemError, ItemLink } from "./mapped-item.ts";
import { singleValue } from "./read-result.ts";

/** A Bitrix id; undefined for anything else. Bitrix sends 0 for "no item". */
export function parseItemId(raw: JsonValue): string | undefined {
  const id = typeof raw === "number" || typeof raw === "string" ? String(raw).trim() : "";
  return id === "" || id === "0" || id.length > 200 || /[\p{Cc}\p{Cs}]/u.test(id) ? undefined : id;
}

/** The ids of the entity types that Bitrix abbreviates by letters: lead, deal, contact, company. */
const ENTITY_TYPE_BY_LETTER: Readonly<Record<string, string>> = { L: "1", D: "2", C: "3", CO: "4" };

/**
 * Reads an item's link to an item of another kind. The result is empty if the item names none and the link is optional.
 * `entityType` is the Bitrix entity type of the other kind, if the mapping has it.
 */
export function readLink(
  fields: FieldsByCode,
  kind: ItemKind,
  { from = [], optional, several }: LinkMapping,
  entityType: string | undefined,
): { readonly link?: ItemLink; readonly error?: ItemError } {
  const match = findFirstFilled(fields, from, namesNoItem);
  const code = from.join(" or ");
  if (match === undefined || namesNoItem(match.value)) {
    if (optional) return {};
    const explanation =
      match === undefined ? `there is no ${code} in it` : `${JSON.stringify(match.code)} is empty`;
    const message = `This item must name ${itemLabels[kind]}, but ${explanation}. Set it in Bitrix, or send the item with that field.`;
    return { error: { code: "MISSING_LINK", message, field: match?.code ?? from[0] ?? "" } };
  }
  const untypedValue = stripEntityTypes(match.value, entityType);
  const idValue = singleValue(untypedValue, several && "first");
  const id = "single" in idValue ? parseItemId(idValue.single) : undefined;
  const otherIds = several === "all" ? collectOtherIds(untypedValue, id) : [];
  if (id !== undefined)
    return {
      link: { kind, id, from: match.mappedCode, ...(otherIds.length > 0 && { otherIds }) },
    };
  const problem =
    "problem" in idValue
      ? idValue.problem
      : "it has no id of such an item. Send the field as Bitrix answers it.";
  const message = `${JSON.stringify(match.code)} should name ${itemLabels[kind]}, but ${problem}`;
  return { error: { code: "INVALID", message, field: match.code } };
}

/**
 * Replaces ids with an entity type by plain ids. A field that may name items of several entity types prefixes the ids
 * with their types: `T90_12`, with the type in hexadecimal, or `C_31`. Ids of other types than `entityType` become
 * null.
 */
function stripEntityTypes(raw: JsonValue, entityType: string | undefined): JsonValue {
  // Nested lists contain no ids.
  if (Array.isArray(raw))
    return raw.map((entry) => (Array.isArray(entry) ? entry : stripEntityTypes(entry, entityType)));
  const [, letters = "", hexadecimal, id] =
    (typeof raw === "string" && /^\s*([A-Z]{1,2}?)([0-9a-f]*)_(\d+)\s*$/i.exec(raw)) || [];
  if (id === undefined) return raw;
  const type =
    letters.toUpperCase() === "T" && hexadecimal
      ? String(Number.parseInt(hexadecimal, 16))
      : ENTITY_TYPE_BY_LETTER[(letters + hexadecimal).toUpperCase()];
  if (type === undefined) return raw;
  return entityType === undefined || type === entityType ? id : null;
}

function collectOtherIds(raw: JsonValue, firstId: string | undefined): readonly string[] {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [];
  return [...new Set(entries.map(parseItemId))].filter(
    (id): id is string => id !== undefined && id !== firstId,
  );
}

/** Whether a field names no item: empty, false, 0, or a list of these. */
function namesNoItem(raw: JsonValue): boolean {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [raw];
  return entries.every(
    (entry) =>
      entry === null ||
      entry === false ||
      entry === 0 ||
      (typeof entry === "string" && /^\s*0?\s*$/.test(entry)),
  );
}
