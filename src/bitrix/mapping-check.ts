import { draftFields } from "../alma/index.ts";
import type { Kind } from "../catalog/index.ts";
import { checkCodes, checkEntry, type Tell } from "./entry-check.ts";
import { entriesOf } from "./map.ts";
import { type ItemKind, itemKinds } from "./mapped.ts";
import type { FieldEntry, LinkEntry, TableEntry } from "./mapping-entry.ts";
import type { ItemEntry, MappingFile } from "./mapping-file.ts";
import { anyOf, followingFields, itemWords, mayName, neededLinks, ownRecord, tiedRecord } from "./record.ts";

type Tables = ReadonlyMap<string, TableEntry>;

/** Checks what a whole mapping means. Everything that is wrong is told, each at its place. */
export function checkMapping(file: MappingFile, tell: Tell): void {
  if (file.name === undefined) tell(["name"], "is missing; messages call the mapping by it.");
  const tables: Tables = new Map(entriesOf<string, TableEntry>(file.tables ?? {}));
  const items = new Map(entriesOf<ItemKind, ItemEntry>(file.items ?? {}));
  if (items.size === 0) tell(["items"], `is missing or empty; there may be ${itemKinds.join(", ")}.`);
  checkTables(tables, items, tell);
  checkTypes(items, tell);
  for (const [kind, item] of items) {
    if (item.id === undefined)
      tell(["items", kind, "id"], 'is missing; name the field of the item\'s id, such as "id".');
    else checkCodes(item.id, ["items", kind, "id"], tell);
    checkLinks(kind, item, items, tell);
    checkRecords(kind, item, tables, tell);
  }
}

function checkTables(tables: Tables, items: ReadonlyMap<ItemKind, ItemEntry>, tell: Tell): void {
  const used = new Set(
    [...items.values()].flatMap(({ records = {} }) =>
      Object.values(records).flatMap((fields) => Object.values(fields ?? {}).map((entry) => entry?.table)),
    ),
  );
  for (const [name, { rows }] of tables) {
    if (!used.has(name))
      tell(["tables", name], 'is used by no field; name it in a field\'s "table", or take it out.', null);
    if (rows.length === 0)
      tell(["tables", name, "rows"], "has no row, so that every option would be refused.");
    const first = new Map<string, number>();
    for (const [index, { option }] of rows.entries()) {
      const before = first.get(option);
      if (before === undefined) first.set(option, index);
      else
        tell(
          ["tables", name, "rows", index, "option"],
          `is ${option} again, as in row ${before + 1}; keep one of the two.`,
        );
    }
  }
}

function checkTypes(items: ReadonlyMap<ItemKind, ItemEntry>, tell: Tell): void {
  const owners = new Map<string, ItemKind>();
  for (const [kind, { entityTypeId }] of items) {
    if (entityTypeId == null) continue;
    const owner = owners.get(entityTypeId);
    if (owner === undefined) owners.set(entityTypeId, kind);
    else
      tell(
        ["items", kind, "entityTypeId"],
        `is ${entityTypeId} for ${owner} and for ${kind}; an entity type is one kind of item.`,
        ["items", owner, "entityTypeId"],
      );
  }
}

function checkLinks(
  kind: ItemKind,
  { links = {} }: ItemEntry,
  items: ReadonlyMap<ItemKind, ItemEntry>,
  tell: Tell,
): void {
  const path = ["items", kind, "links"];
  for (const [other, link] of entriesOf<ItemKind, LinkEntry>(links)) {
    const at = [...path, other];
    if (!mayName(kind, other)) {
      tell(
        at,
        `has no meaning: a record of ${itemWords[kind]} is not tied to one of ${itemWords[other]}. Leave it out.`,
      );
      continue;
    }
    if (!items.has(other))
      tell(at, `"items" has no ${other}, but ${kind} has a link to it; keep both or none.`, ["items", other]);
    if (link.from === undefined)
      tell([...at, "from"], "is missing; name the Bitrix fields that name the other item.");
    else checkCodes(link.from, [...at, "from"], tell);
    if (
      link.optional &&
      neededLinks[kind].some(
        (ways) => ways.includes(other) && !ways.some((way) => way !== other && links[way]),
      )
    )
      tell(
        [...at, "optional"],
        `cannot be: ${itemWords[kind]} is nothing in Alma without ${itemWords[other]}.`,
      );
  }
  for (const ways of neededLinks[kind]) {
    const [first] = ways;
    if (first !== undefined && ways.every((way) => links[way] == null))
      tell([...path, first], `is missing; ${itemWords[kind]} is nothing in Alma without ${anyOf(ways)}.`);
  }
}

function checkRecords(kind: ItemKind, { records = {} }: ItemEntry, tables: Tables, tell: Tell): void {
  const path = ["items", kind, "records"];
  const possible: readonly (Kind | undefined)[] = [ownRecord[kind], tiedRecord[kind]];
  for (const [record, fields] of entriesOf<Kind, Readonly<Record<string, FieldEntry | null>>>(records)) {
    if (!possible.includes(record)) {
      const known = possible.filter((one) => one !== undefined).join(" and ");
      tell(
        [...path, record],
        `cannot be filled by ${itemWords[kind]}, which says something of ${known} only.`,
      );
      continue;
    }
    for (const [field, entry] of entriesOf<string, FieldEntry>(fields))
      checkEntry(record, field, entry, tables, [...path, record, field], tell);
  }
  // Of a client a contract says only what its contact does not.
  for (const record of kind === "apartment" ? (["unit", "building"] as const) : [ownRecord[kind]]) {
    for (const { name, required } of draftFields(record).values()) {
      if (required && !followingFields.includes(name) && records[record]?.[name] == null)
        tell([...path, record, name], `is missing; Alma has no ${record} without it.`);
    }
  }
}
