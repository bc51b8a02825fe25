import { kindDefinitions } from "../../../catalog/index.ts";
import type { TableDefinition } from "../item/entry-schema.ts";
import type { ItemKind } from "../item/item-kind.ts";
import type { JsonValue } from "../item/json-object.ts";
import { mapItem } from "../item/map-item.ts";
import { definedEntries, type ItemMapping, type MappingFile } from "../item/mapping-file.ts";
import { optionLabel } from "../item/option-table.ts";

/** A valid mapping of Bitrix items to Alma records. */
export type Mapping = ReturnType<typeof createMapping>;

/** Creates the mapping of a file that has passed all checks. */
export function createMapping(file: MappingFile) {
  const name = file.name ?? "";
  const tables = new Map(definedEntries(file.tables));
  const items = new Map(definedEntries(file.items));
  const typeByKind = new Map(
    [...items].flatMap(([kind, { entityTypeId }]) => (entityTypeId ? [[kind, entityTypeId] as const] : [])),
  );
  const kindByEntityType = new Map([...typeByKind].map(([kind, type]) => [type, kind]));
  const currency = file.currency ?? undefined;
  const context = { mappingName: name, currency, tables, entityTypes: typeByKind };
  return {
    name,
    /** Maps an item in the form that Bitrix sends. Never throws. */
    map: (kind: ItemKind, item: JsonValue) => mapItem(kind, item, items.get(kind), context),
    /** The option tables, as each Alma field uses them. */
    dictionaries: dictionariesOf(items, tables),
    /** Returns the kind of item of a Bitrix entity type (Bitrix: `entityTypeId`); undefined if the mapping has none. */
    kindOf: (entityTypeId: string) => kindByEntityType.get(entityTypeId),
  };
}

const dictionariesOf = (
  items: ReadonlyMap<ItemKind, ItemMapping>,
  tables: ReadonlyMap<string, TableDefinition>,
) =>
  [...items].flatMap(([kind, { records }]) =>
    definedEntries(records).flatMap(([record, fields]) =>
      definedEntries(fields).flatMap(([field, { from = [], table: name }]) => {
        const rows = name === undefined ? undefined : tables.get(name)?.rows;
        if (name === undefined || !rows) return [];
        const options = rows.map((row) => ({
          option: row.option,
          value: row.value,
          label: optionLabel(row),
        }));
        const almaType = kindDefinitions[record].typeName;
        return [{ name, kind, bitrixField: from[0] ?? "", almaType, almaField: field, options }];
      }),
    ),
  );
