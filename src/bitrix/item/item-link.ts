import type { LinkMapping } from "./entry-schema.ts";
import type { FieldsByCode } from "./field-code.ts";
import { itemIdProblem, parseItemId, stripEntityTypes } from "./item-id.ts";
import { type ItemKind, itemLabels } from "./item-kind.ts";
import type { JsonValue } from "./json.ts";
import { findFirstFilled } from "./map-field.ts";
import type { ItemError, ItemLink } from "./mapped-item.ts";
import { isEmpty, singleValue } from "./read-result.ts";

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
  const ids = several === "all" ? listIds(untypedValue) : { otherIds: [] };
  if (id !== undefined && "otherIds" in ids) {
    const otherIds = ids.otherIds.filter((other) => other !== id);
    return { link: { kind, id, from: match.mappedCode, ...(otherIds.length > 0 && { otherIds }) } };
  }
  const problem =
    "problem" in ids ? ids.problem : "problem" in idValue ? idValue.problem : idProblem(idValue);
  const message = `${JSON.stringify(match.code)} should name ${itemLabels[kind]}, but ${problem}`;
  return { error: { code: "INVALID", message, field: match.code } };
}

/** Why the value of a field is no id. Ids of other entity types have been taken away. */
function idProblem({ single }: { readonly single: JsonValue }): string {
  if (isEmpty(single)) return "it has no id of such an item. Send the field as Bitrix answers it.";
  return itemIdProblem(single);
}

/** All ids of a field, each once; a problem if one of its values is none. */
function listIds(raw: JsonValue): { readonly otherIds: readonly string[] } | { readonly problem: string } {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [raw];
  const invalid = entries.find((entry) => !namesNoItem(entry) && parseItemId(entry) === undefined);
  if (invalid !== undefined) return { problem: itemIdProblem(invalid) };
  const ids = entries.map(parseItemId).filter((id) => id !== undefined);
  return { otherIds: [...new Set(ids)] };
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
