import type { Kind } from "../catalog/index.ts";
import { FieldsByCode } from "./code.ts";
import { firstFilled, type MappingContext, mapField } from "./field-value.ts";
import { unwrap } from "./item.ts";
import { idIn, readLink } from "./link.ts";
import type { ItemFault, ItemKind, JsonValue, MappedField, MappedItem, MappedLink } from "./mapped.ts";
import type { FieldEntry, LinkEntry } from "./mapping-entry.ts";
import type { ItemEntry } from "./mapping-file.ts";
import { isEmpty, single } from "./reading.ts";
import { anyOf, itemWords, neededLinks, ownRecord } from "./record.ts";
import { idRule } from "./rule.ts";

/** What an item means for Alma, by the entry that the mapping has for its kind. Never throws. */
export function mapItem(
  kind: ItemKind,
  sent: JsonValue,
  entry: ItemEntry | undefined,
  context: MappingContext,
): MappedItem {
  const unwrapped = unwrap(sent);
  if ("problem" in unwrapped) return unmapped(kind, "INVALID", unwrapped.problem);
  if (entry === undefined) {
    const message = `The mapping ${context.mapping} has nothing for ${itemWords[kind]}. Add it to the file that BITRIX_MAPPING names.`;
    return unmapped(kind, "INVALID", message);
  }
  const found = new FieldsByCode(unwrapped.item);
  const identity = identify(found, kind, entry);
  const links: Partial<Record<ItemKind, MappedLink>> = {};
  const faults: ItemFault[] = [...identity.faults];
  for (const [other, how] of entriesOf<ItemKind, LinkEntry>(entry.links ?? {})) {
    const { link, fault } = readLink(found, other, how, context.types.get(other));
    if (link !== undefined) links[other] = link;
    if (fault !== undefined) faults.push(fault);
  }
  faults.push(...unnamed(kind, entry, links), ...mistaken(found, kind, context));
  const fields = [...identity.fields];
  for (const [record, entries] of entriesOf<Kind, Readonly<Record<string, FieldEntry | null>>>(
    entry.records ?? {},
  )) {
    for (const [field, how] of entriesOf<string, FieldEntry>(entries)) {
      const mapped = mapField(found, record, field, how, context);
      if (mapped !== undefined) fields.push(mapped);
    }
  }
  for (const { fault } of fields) if (fault !== undefined) faults.push(fault);
  const codes = codesOf(entry);
  return { kind, ...(identity.id !== undefined && { id: identity.id }), links, fields, codes, faults };
}

/** An item that says of itself that it is of another entity type than it was sent as. */
function mistaken(fields: FieldsByCode, kind: ItemKind, { types }: MappingContext): readonly ItemFault[] {
  const said = fields.find("entityTypeId");
  if (said === undefined || (typeof said.value !== "number" && typeof said.value !== "string")) return [];
  const type = String(said.value).trim();
  const other = [...types].find(([, one]) => one === type)?.[0];
  const wanted = types.get(kind);
  if (type === "" || other === kind || (other === undefined && wanted === undefined)) return [];
  const truth = other === undefined ? `entity type ${type}` : `${itemWords[other]} (entity type ${type})`;
  const message = `It was sent as ${itemWords[kind]}, but says that it is ${truth}. Correct the kind, or send the right item.`;
  return [{ code: "INVALID", message, field: said.code }];
}

/** Where each field comes from, as a message names it. */
function codesOf({ records = {} }: ItemEntry): Readonly<Record<string, string>> {
  const codes: Record<string, string> = {};
  for (const [record, fields] of entriesOf<Kind, Record<string, FieldEntry | null>>(records)) {
    for (const [field, { from }] of entriesOf<string, FieldEntry>(fields))
      if (from?.[0] !== undefined) codes[`${record}.${field}`] = from[0];
  }
  return codes;
}

/** The entries of an object of the mapping that are not taken away. */
export function entriesOf<K extends string, V>(object: Readonly<Record<string, unknown>>): [K, V][] {
  return Object.entries(object).filter(([, value]) => value !== null && value !== undefined) as [K, V][];
}

/** Where each of several ways to name another item may be left empty, but not all of them. */
function unnamed(
  kind: ItemKind,
  { links: ways = {} }: ItemEntry,
  found: MappedItem["links"],
): readonly ItemFault[] {
  return neededLinks[kind]
    .filter(
      (kinds) => kinds.every((one) => !found[one]) && !kinds.some((one) => ways[one] && !ways[one].optional),
    )
    .map((kinds) => {
      const codes = kinds.flatMap((one) => ways[one]?.from ?? []).join(" or ");
      const message = `This item must name ${anyOf(kinds)}, but there is nothing in ${codes}. Set it in Bitrix, or send the item with that field.`;
      return { code: "MISSING_LINK", message };
    });
}

function unmapped(kind: ItemKind, code: ItemFault["code"], message: string): MappedItem {
  return { kind, links: {}, fields: [], faults: [{ code, message }] };
}

/** The item's id, which is also its record's external id. */
function identify(
  fields: FieldsByCode,
  kind: ItemKind,
  { id: codes = [] }: ItemEntry,
): { readonly id?: string; readonly fields: readonly MappedField[]; readonly faults: readonly ItemFault[] } {
  const found = firstFilled(fields, codes, isEmpty);
  const read = single(found?.value ?? null);
  const id = "one" in read ? idIn(read.one) : undefined;
  if (found === undefined || id === undefined) {
    const truth =
      found === undefined
        ? `there is no ${codes.join(" or ")} in it`
        : `${JSON.stringify(found.code)} has none`;
    const message = `An item needs its id in Bitrix, but ${truth}. Send the item as crm.item.get or crm.contact.get answers it.`;
    return { fields: [], faults: [{ code: "REQUIRED", message, ...(found && { field: found.code }) }] };
  }
  const record = ownRecord[kind];
  const field = {
    record,
    field: "externalId",
    from: found.mapped,
    raw: found.value,
    value: id,
    rule: idRule,
  };
  return { id, fields: [field], faults: [] };
}
