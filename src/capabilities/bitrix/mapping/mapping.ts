import type { Kind } from "../../../catalog/index.ts";
import type { TableDefinition } from "../item/entry-schema.ts";
import type { ItemKind } from "../item/item-kind.ts";
import type { JsonValue } from "../item/json-object.ts";
import { mapItem } from "../item/map-item.ts";
import type { MappedItem } from "../item/mapped-item.ts";
import { definedEntries, type ItemMapping, type MappingFile } from "../item/mapping-file.ts";
import { optionLabel } from "../item/option-table.ts";

/** An option table as one Alma field uses it. */
interface Dictionary {
  readonly name: string;
  readonly kind: ItemKind;
  readonly from: string;
  readonly record: Kind;
  readonly field: string;
  readonly options: readonly {
    readonly option: string;
    readonly value: string | number | boolean | null;
    readonly label: string;
  }[];
}

/** A valid mapping of Bitrix items to Alma records. */
export interface Mapping {
  readonly name: string;
  /** Maps an item in the form that Bitrix sends. Never throws. */
  map(kind: ItemKind, item: JsonValue): MappedItem;
  readonly dictionaries: readonly Dictionary[];
  /** Returns the kind of item of a Bitrix entity type (Bitrix: `entityTypeId`); undefined if the mapping has none. */
  kindOf(entityTypeId: string): ItemKind | undefined;
}

/** Creates the mapping of a file that has passed all checks. */
export function createMapping(file: MappingFile): Mapping {
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
    map: (kind, item) => mapItem(kind, item, items.get(kind), context),
    dictionaries: dictionariesOf(items, tables),
    kindOf: (entityTypeId) => kindByEntityType.get(entityTypeId),
  };
}

function dictionariesOf(
  items: ReadonlyMap<ItemKind, ItemMapping>,
  tables: ReadonlyMap<string, TableDefinition>,
): readonly Dictionary[] {
  const dictionaries: Dictionary[] = [];
  for (const [kind, { records = {} }] of items) {
    for (const [record, fields] of definedEntries(records)) {
      for (const [field, { from, table: name }] of definedEntries(fields)) {
        if (name === undefined) continue;
        const options = tables
          .get(name)
          ?.rows.map((row) => ({ option: row.option, value: row.value, label: optionLabel(row) }));
        if (options) dictionaries.push({ name, kind, from: from?.[0] ?? "", record, field, options });
      }
    }
  }
  return dictionaries;
}
