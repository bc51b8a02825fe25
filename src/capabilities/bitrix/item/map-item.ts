import { itemIdRule } from "./describe-rule.ts";
import { FieldsByCode } from "./field-code.ts";
import { itemIdProblem, parseItemId, stripEntityTypes } from "./item-id.ts";
import { describeItem, type ItemKind, itemLabels, recordKindOf } from "./item-kind.ts";
import { readLinks } from "./item-link.ts";
import type { JsonObject, JsonValue } from "./json-object.ts";
import { findFirstFilled, type MappingContext, mapField } from "./map-field.ts";
import type { ItemError, MappedField, MappedItem } from "./mapped-item.ts";
import { definedEntries, type ItemMapping } from "./mapping-file.ts";
import { isEmpty, singleValue } from "./read-result.ts";
import { unwrapItem } from "./unwrap-item.ts";

/** Maps an item to Alma fields and links. Never throws; problems are in `errors`. */
export function mapItem(
  kind: ItemKind,
  input: JsonValue,
  itemMapping: ItemMapping | undefined,
  context: MappingContext,
): MappedItem {
  const unwrapped = unwrapItem(input);
  if ("problem" in unwrapped) return failedItem(kind, unwrapped.problem);
  if (itemMapping === undefined) {
    const message = `The mapping ${context.mappingName} has nothing for ${itemLabels[kind]}. Add it to the file that BITRIX_MAPPING names.`;
    return failedItem(kind, message);
  }
  const itemFields = new FieldsByCode(unwrapped.item);
  const identity = readItemId(itemFields, kind, itemMapping, context.entityTypes.get(kind));
  const fields = [...identity.fields];
  for (const [record, entries] of definedEntries(itemMapping.records)) {
    for (const [field, fieldMapping] of definedEntries(entries)) {
      const mapped = mapField(itemFields, record, field, fieldMapping, context);
      if (mapped !== undefined) fields.push(mapped);
    }
  }
  const hasContactData = fields.some(({ record, value }) => record === "client" && value != null);
  const { links, linkErrors, missing } = readLinks(kind, itemFields, itemMapping, hasContactData, context);
  const errors = [
    ...identity.errors,
    ...onlyNamed(unwrapped.item, kind, identity.id),
    ...linkErrors,
    ...checkEntityType(itemFields, kind, context),
    ...fields.flatMap(({ error }) => error ?? []),
  ];
  const changedAt = readChangedAt(itemFields);
  return {
    kind,
    id: identity.id,
    links,
    fields,
    bitrixFields: bitrixFieldsOf(itemMapping),
    errors,
    ...(missing.length > 0 && { missing }),
    changedAt,
  };
}

/** Creates the error for an item that is only referred to: its changes would be lost silently. */
function onlyNamed(item: JsonObject, kind: ItemKind, id: string | undefined): readonly ItemError[] {
  if (id === undefined || Object.keys(item).some((code) => !/^(id|entity_?type_?id)$/i.test(code))) return [];
  const message = `Only the id of ${describeItem(kind, id)} was sent. Send the whole item, as crm.item.get or crm.contact.get returns it, or the fields to change.`;
  return [{ code: "REQUIRED", message }];
}

/** Reads when an item was changed: `updatedTime`, or `DATE_MODIFY` for a contact. */
function readChangedAt(fields: FieldsByCode) {
  const text = (fields.find("updatedTime") ?? fields.find("DATE_MODIFY"))?.value;
  // A time without a zone is ignored.
  return (
    (typeof text === "string" &&
      /(Z|[+-]\d\d:?\d\d)$/.test(text) &&
      text.includes("T") &&
      Date.parse(text)) ||
    undefined
  );
}

/** Returns an error if the item's `entityTypeId` does not match its kind. */
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

/** Returns the first Bitrix field of each Alma field (`unit.name`), for messages. */
function bitrixFieldsOf({ records = {} }: ItemMapping): Readonly<Record<string, string>> {
  const bitrixFields: Record<string, string> = {};
  for (const [record, fields] of definedEntries(records)) {
    for (const [field, { from }] of definedEntries(fields))
      if (from?.[0] !== undefined) bitrixFields[`${record}.${field}`] = from[0];
  }
  return bitrixFields;
}

function failedItem(kind: ItemKind, message: string): MappedItem {
  return { kind, links: {}, fields: [], errors: [{ code: "INVALID", message }] };
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
    const namesNone = !["string", "number"].includes(typeof single) || /^0*$/.test(String(single).trim());
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
  const message = `An item needs its id in Bitrix, but ${explanation.replace(/\.$/, "")}. Send the item as crm.item.get or crm.contact.get returns it.`;
  return { code: "REQUIRED", message };
}
