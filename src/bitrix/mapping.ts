import type { Kind } from "../catalog/index.ts";
import { entriesOf, mapItem } from "./map.ts";
import type { Dictionary, ItemKind, Mapping } from "./mapped.ts";
import type { FieldEntry, TableEntry } from "./mapping-entry.ts";
import type { ItemEntry, MappingFile } from "./mapping-file.ts";
import { labelOf, type OptionTable, optionTable } from "./option.ts";

/** The mapping that a file describes which was found right. */
export function createMapping(file: MappingFile): Mapping {
  const name = file.name ?? "";
  const tables = new Map(
    entriesOf<string, TableEntry>(file.tables ?? {}).map(([table, entry]) => [
      table,
      optionTable(table, entry),
    ]),
  );
  const items = new Map(entriesOf<ItemKind, ItemEntry>(file.items ?? {}));
  const types = new Map(
    [...items].flatMap(([kind, { entityTypeId }]) => (entityTypeId ? [[kind, entityTypeId] as const] : [])),
  );
  const kinds = new Map([...types].map(([kind, type]) => [type, kind]));
  const context = { mapping: name, currency: file.currency ?? undefined, tables, types };
  return {
    name,
    map: (kind, item) => mapItem(kind, item, items.get(kind), context),
    dictionaries: dictionariesOf(items, tables),
    kindOf: (entityTypeId) => kinds.get(entityTypeId),
    entityTypeOf: (kind) => types.get(kind),
  };
}

function dictionariesOf(
  items: ReadonlyMap<ItemKind, ItemEntry>,
  tables: ReadonlyMap<string, OptionTable>,
): readonly Dictionary[] {
  const found: Dictionary[] = [];
  for (const [kind, { records = {} }] of items) {
    for (const [record, fields] of entriesOf<Kind, Record<string, FieldEntry | null>>(records)) {
      for (const [field, { from, table }] of entriesOf<string, FieldEntry>(fields)) {
        const options = table === undefined ? undefined : tables.get(table);
        if (options === undefined) continue;
        const rows = options.rows.map((row) => ({
          option: row.option,
          value: row.value,
          label: labelOf(row),
        }));
        found.push({ name: options.name, kind, from: from?.[0] ?? "", record, field, options: rows });
      }
    }
  }
  return found;
}
