import type { LinkMapping } from "./entry-schema.ts";
import type { FieldsByCode } from "./field-code.ts";
import { itemIdProblem, parseItemId, stripEntityTypes } from "./item-id.ts";
import { type ItemKind, itemLabels, joinItemLabels, requiredLinks } from "./item-kind.ts";
import type { JsonValue } from "./json-object.ts";
import { findFirstFilled, type MappingContext } from "./map-field.ts";
import type { ItemError, ItemLink } from "./mapped-item.ts";
import { definedEntries, type ItemMapping } from "./mapping-file.ts";
import { isEmpty, singleValue } from "./read-result.ts";

/**
 * Reads the links of an item with their errors. A missing link matters only for a new record, since an existing one
 * keeps its link. But an item with data of its contact must refer to the contact.
 */
export function readLinks(
  kind: ItemKind,
  fields: FieldsByCode,
  { links: mappings = {} }: ItemMapping,
  hasContactData: boolean,
  { entityTypes }: MappingContext,
) {
  const links: Partial<Record<ItemKind, ItemLink>> = {};
  const linkErrors: ItemError[] = [];
  const missing: ItemError[] = [];
  const needed = new Set<ItemKind>(hasContactData ? ["contact"] : []);
  const add = (error: ItemError, kinds: readonly ItemKind[]) =>
    (kinds.some((other) => needed.has(other)) ? linkErrors : missing).push(error);
  for (const [other, mapping] of definedEntries(mappings)) {
    const { link, error, isAbsent } = readLink(fields, other, mapping, entityTypes.get(other));
    if (!isAbsent) needed.add(other);
    if (link) links[other] = link;
    if (error) add(error, [other]);
  }
  // One of several alternatives suffices (a tenant contract's unit or apartment); `readLink` reports the required ones.
  for (const kinds of requiredLinks[kind]) {
    if (kinds.some((other) => links[other] || (mappings[other] && !mappings[other].optional))) continue;
    const codes = kinds.flatMap((other) => mappings[other]?.from ?? []).join(" or ");
    const message = `This item must name ${joinItemLabels(kinds)}, but there is nothing in ${codes}. Set it in Bitrix, or send the item with that field.`;
    add({ code: "MISSING_LINK", message }, kinds);
  }
  return { links, linkErrors, missing };
}

/**
 * Reads an item's link to an item of another kind. Returns neither link nor error if there is none and it is optional.
 * `isAbsent`: the item lacks the field. `entityType`: the Bitrix entity type of the other kind, if mapped.
 */
function readLink(
  fields: FieldsByCode,
  kind: ItemKind,
  { from = [], optional, several }: LinkMapping,
  entityType: string | undefined,
): { readonly link?: ItemLink; readonly error?: ItemError; readonly isAbsent?: boolean } {
  const match = findFirstFilled(fields, from, namesNoItem);
  const code = from.join(" or ");
  if (match === undefined || namesNoItem(match.value)) {
    const isAbsent = match === undefined;
    if (optional) return { isAbsent };
    const explanation =
      match === undefined ? `there is no ${code} in it` : `${JSON.stringify(match.code)} is empty`;
    const message = `This item must name ${itemLabels[kind]}, but ${explanation}. Set it in Bitrix, or send the item with that field.`;
    return { isAbsent, error: { code: "MISSING_LINK", message, field: match?.code ?? from[0] ?? "" } };
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

/** Explains why the value of a field is not an id, after ids of other entity types were removed. */
function idProblem({ single }: { readonly single: JsonValue }) {
  if (isEmpty(single)) return "it has no id of such an item. Send the field as Bitrix returns it.";
  return itemIdProblem(single);
}

/** Lists the ids of a field, each once; a problem if a value is not an id. */
function listIds(raw: JsonValue): { readonly otherIds: readonly string[] } | { readonly problem: string } {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [raw];
  const invalid = entries.find((entry) => !namesNoItem(entry) && parseItemId(entry) === undefined);
  if (invalid !== undefined) return { problem: itemIdProblem(invalid) };
  const ids = entries.map(parseItemId).filter((id) => id !== undefined);
  return { otherIds: [...new Set(ids)] };
}

/** Returns whether a field refers to no item: empty, false, 0, or a list of these. */
function namesNoItem(raw: JsonValue) {
  const entries: readonly JsonValue[] = Array.isArray(raw) ? raw : [raw];
  return entries.every(
    (entry) =>
      entry === null ||
      entry === false ||
      entry === 0 ||
      (typeof entry === "string" && ["", "0"].includes(entry.trim())),
  );
}
