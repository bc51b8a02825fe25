import type { LinkMapping } from "./entry-schema.ts";
import type { FieldsByCode } from "./field-code.ts";
import { type ItemKind, itemLabels } from "./item-kind.ts";
import type { JsonValue } from "./json.ts";
import { findFirstFilled } from "./map-field.ts";
import type { ItemError, ItemLink } from "./mapped-item.ts";
import { singleValue } from "./read-result.ts";

/** An id in Bitrix, or undefined for what is none: 0 is how Bitrix says that there is no other item. */
export function parseItemId(raw: JsonValue): string | undefined {
  const id = typeof raw === "number" || typeof raw === "string" ? String(raw).trim() : "";
  return id === "" || id === "0" || id.length > 200 || /[\p{Cc}\p{Cs}]/u.test(id) ? undefined : id;
}

/** Bitrix's letters for the entity types that have them. */
const ENTITY_TYPE_BY_LETTER: Readonly<Record<string, string>> = { L: "1", D: "2", C: "3", CO: "4" };

/**
 * The item of another kind that an item names, nothing if it may name none, or what is wrong. `entityType` is that of
 * the other kind, if the mapping knows it.
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
  const id = "one" in idValue ? parseItemId(idValue.one) : undefined;
  const furtherIds = several === "all" ? collectOtherIds(untypedValue, id) : [];
  if (id !== undefined)
    return {
      link: { kind, id, from: match.mappedCode, ...(furtherIds.length > 0 && { otherIds: furtherIds }) },
    };
  const problem =
    "problem" in idValue
      ? idValue.problem
      : "it has no id of such an item. Send the field as Bitrix answers it.";
  const message = `${JSON.stringify(match.code)} should name ${itemLabels[kind]}, but ${problem}`;
  return { error: { code: "INVALID", message, field: match.code } };
}

/**
 * The plain ids in a field. One that may name items of several entity types has their types before the ids: `T90_12`,
 * with the type in hexadecimal digits, or `C_31`. Those of another type than the wanted one are left out.
 */
function stripEntityTypes(raw: JsonValue, entityType: string | undefined): JsonValue {
  // One step down only: what is nested deeper is no id.
  if (Array.isArray(raw))
    return raw.map((one) => (Array.isArray(one) ? one : stripEntityTypes(one, entityType)));
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

function namesNoItem(raw: JsonValue): boolean {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [raw];
  return entries.every((one) => one === null || one === false || one === 0 || /^\s*0?\s*$/.test(toText(one)));
}

const toText = (one: JsonValue): string => (typeof one === "string" ? one : "x");
