import type { Kind } from "../../catalog/index.ts";
import { itemIdRule } from "./describe-rule.ts";
import type { FieldMapping, LinkMapping } from "./entry-schema.ts";
import { FieldsByCode } from "./field-code.ts";
import { itemIdProblem, parseItemId, stripEntityTypes } from "./item-id.ts";
import { type ItemKind, itemLabels, joinItemLabels, recordKindOf, requiredLinks } from "./item-kind.ts";
import { readLink } from "./item-link.ts";
import type { JsonValue } from "./json.ts";
import { findFirstFilled, type MappingContext, mapField } from "./map-field.ts";
import type { ItemError, ItemLink, MappedField, MappedItem } from "./mapped-item.ts";
import type { ItemMapping } from "./mapping-file.ts";
import { isEmpty, singleValue } from "./read-result.ts";
import { unwrapItem } from "./unwrap-item.ts";

/** Maps an item to Alma fields and links. Never throws: problems are in `errors`. */
export function mapItem(
  kind: ItemKind,
  input: JsonValue,
  itemMapping: ItemMapping | undefined,
  context: MappingContext,
): MappedItem {
  const unwrapped = unwrapItem(input);
  if ("problem" in unwrapped) return failedItem(kind, "INVALID", unwrapped.problem);
  if (itemMapping === undefined) {
    const message = `The mapping ${context.mappingName} has nothing for ${itemLabels[kind]}. Add it to the file that BITRIX_MAPPING names.`;
    return failedItem(kind, "INVALID", message);
  }
  const itemFields = new FieldsByCode(unwrapped.item);
  const identity = readItemId(itemFields, kind, itemMapping, context.entityTypes.get(kind));
  const links: Partial<Record<ItemKind, ItemLink>> = {};
  const errors: ItemError[] = [...identity.errors];
  for (const [otherKind, linkMapping] of definedEntries<ItemKind, LinkMapping>(itemMapping.links ?? {})) {
    const { link, error } = readLink(itemFields, otherKind, linkMapping, context.entityTypes.get(otherKind));
    if (link !== undefined) links[otherKind] = link;
    if (error !== undefined) errors.push(error);
  }
  errors.push(...missingLinks(kind, itemMapping, links), ...checkEntityType(itemFields, kind, context));
  const fields = [...identity.fields];
  for (const [record, entries] of definedEntries<Kind, Readonly<Record<string, FieldMapping | null>>>(
    itemMapping.records ?? {},
  )) {
    for (const [field, fieldMapping] of definedEntries<string, FieldMapping>(entries)) {
      const mapped = mapField(itemFields, record, field, fieldMapping, context);
      if (mapped !== undefined) fields.push(mapped);
    }
  }
  for (const { error } of fields) if (error !== undefined) errors.push(error);
  const bitrixFields = bitrixFieldsOf(itemMapping);
  return { kind, ...(identity.id !== undefined && { id: identity.id }), links, fields, bitrixFields, errors };
}

/** Returns an error if the item's `entityTypeId` is not that of its kind. */
function checkEntityType(
  fields: FieldsByCode,
  kind: ItemKind,
  { entityTypes }: MappingContext,
): readonly ItemError[] {
  const statedType = fields.find("entityTypeId");
  if (
    statedType === undefined ||
    (typeof statedType.value !== "number" && typeof statedType.value !== "string")
  )
    return [];
  const type = String(statedType.value).trim();
  const actualKind = [...entityTypes].find(([, entityType]) => entityType === type)?.[0];
  const expectedType = entityTypes.get(kind);
  if (type === "" || actualKind === kind || (actualKind === undefined && expectedType === undefined))
    return [];
  const actual =
    actualKind === undefined ? `entity type ${type}` : `${itemLabels[actualKind]} (entity type ${type})`;
  const message = `It was sent as ${itemLabels[kind]}, but says that it is ${actual}. Correct the kind, or send the right item.`;
  return [{ code: "INVALID", message, field: statedType.code }];
}

/** The code of the first Bitrix field of each Alma field (`unit.name`), for messages. */
function bitrixFieldsOf({ records = {} }: ItemMapping): Readonly<Record<string, string>> {
  const bitrixFields: Record<string, string> = {};
  for (const [record, fields] of definedEntries<Kind, Record<string, FieldMapping | null>>(records)) {
    for (const [field, { from }] of definedEntries<string, FieldMapping>(fields))
      if (from?.[0] !== undefined) bitrixFields[`${record}.${field}`] = from[0];
  }
  return bitrixFields;
}

/** The entries of an object of the mapping, without removed (null) ones. */
export function definedEntries<K extends string, V>(object: Readonly<Record<string, unknown>>): [K, V][] {
  return Object.entries(object).filter(([, value]) => value !== null && value !== undefined) as [K, V][];
}

/**
 * Returns an error for each required link of which the item has none of the alternatives (a tenant contract's unit or
 * apartment). `readLink` reports missing links that are not optional.
 */
function missingLinks(
  kind: ItemKind,
  { links: linkMappings = {} }: ItemMapping,
  links: MappedItem["links"],
): readonly ItemError[] {
  return requiredLinks[kind]
    .filter(
      (kinds) =>
        kinds.every((candidate) => !links[candidate]) &&
        !kinds.some((candidate) => linkMappings[candidate] && !linkMappings[candidate].optional),
    )
    .map((kinds) => {
      const codes = kinds.flatMap((candidate) => linkMappings[candidate]?.from ?? []).join(" or ");
      const message = `This item must name ${joinItemLabels(kinds)}, but there is nothing in ${codes}. Set it in Bitrix, or send the item with that field.`;
      return { code: "MISSING_LINK", message };
    });
}

function failedItem(kind: ItemKind, code: ItemError["code"], message: string): MappedItem {
  return { kind, links: {}, fields: [], errors: [{ code, message }] };
}

/** Reads the item's id, which becomes the external id of its record. */
function readItemId(
  fields: FieldsByCode,
  kind: ItemKind,
  { id: codes = [] }: ItemMapping,
  entityType: string | undefined,
): { readonly id?: string; readonly fields: readonly MappedField[]; readonly errors: readonly ItemError[] } {
  const match = findFirstFilled(fields, codes, isEmpty);
  if (match === undefined)
    return { fields: [], errors: [missingIdError(`there is no ${codes.join(" or ")} in it`)] };
  const idValue = singleValue(stripEntityTypes(match.value, entityType));
  const single = "single" in idValue ? idValue.single : match.value;
  const id = parseItemId(single);
  if (id === undefined) {
    const code = JSON.stringify(match.code);
    const namesNone = !["string", "number"].includes(typeof single) || /^\s*0*\s*$/.test(String(single));
    const problem = namesNone ? `${code} has none` : `${code} is wrong: ${itemIdProblem(single)}`;
    return {
      fields: [],
      errors: [{ ...missingIdError(problem), ...(!namesNone && { code: "INVALID" }), field: match.code }],
    };
  }
  const record = recordKindOf[kind];
  const field = {
    record,
    field: "externalId",
    from: match.mappedCode,
    raw: match.value,
    value: id,
    rule: itemIdRule,
  };
  return { id, fields: [field], errors: [] };
}

function missingIdError(explanation: string): ItemError {
  const message = `An item needs its id in Bitrix, but ${explanation.replace(/\.$/, "")}. Send the item as crm.item.get or crm.contact.get answers it.`;
  return { code: "REQUIRED", message };
}
