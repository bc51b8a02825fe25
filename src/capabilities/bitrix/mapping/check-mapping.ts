import { draftFields } from "../../../alma/index.ts";
import type { Kind } from "../../../catalog/index.ts";
import type { FieldMapping, LinkMapping, TableDefinition } from "../item/entry-schema.ts";
import {
  canLinkTo,
  derivedFields,
  type ItemKind,
  itemKinds,
  itemLabels,
  joinItemLabels,
  recordKindOf,
  relatedRecordKind,
  requiredLinks,
} from "../item/item-kind.ts";
import { definedEntries, type ItemMapping, type MappingFile } from "../item/mapping-file.ts";
import { checkCodes, checkFieldMapping, type ReportIssue } from "./check-field.ts";

/** Checks a merged mapping that satisfies the schema. Reports all issues, each at its path. */
export function checkMapping(file: MappingFile, report: ReportIssue): void {
  if (file.name === undefined) report(["name"], "is missing; messages call the mapping by it.");
  const tables = new Map(definedEntries<string, TableDefinition>(file.tables ?? {}));
  const items = new Map(definedEntries<ItemKind, ItemMapping>(file.items ?? {}));
  if (items.size === 0) report(["items"], `is missing or empty; there may be ${itemKinds.join(", ")}.`);
  checkTables();
  checkEntityTypes();
  for (const [kind, item] of items) {
    if (item.id === undefined)
      report(["items", kind, "id"], 'is missing; name the field of the item\'s id, such as "id".');
    else checkCodes(item.id, ["items", kind, "id"], report);
    checkLinks(kind, item);
    checkRecords(kind, item);
  }

  function checkTables(): void {
    const used = new Set(
      [...items.values()].flatMap(({ records = {} }) =>
        Object.values(records).flatMap((fields) => Object.values(fields ?? {}).map((entry) => entry?.table)),
      ),
    );
    for (const [name, { rows }] of tables) {
      if (!used.has(name))
        report(["tables", name], 'is used by no field; name it in a field\'s "table", or remove it.', null);
      if (rows.length === 0)
        report(["tables", name, "rows"], "has no row, so that every option would be refused.");
      const firstIndexes = new Map<string, number>();
      for (const [index, { option }] of rows.entries()) {
        const firstIndex = firstIndexes.get(option);
        if (firstIndex === undefined) firstIndexes.set(option, index);
        else
          report(
            ["tables", name, "rows", index, "option"],
            `is ${option} again, as in row ${firstIndex + 1}; keep one of the two.`,
          );
      }
    }
  }

  function checkEntityTypes(): void {
    const kindByType = new Map<string, ItemKind>();
    for (const [kind, { entityTypeId }] of items) {
      if (entityTypeId == null) continue;
      const firstKind = kindByType.get(entityTypeId);
      if (firstKind === undefined) kindByType.set(entityTypeId, kind);
      else
        report(
          ["items", kind, "entityTypeId"],
          `is ${entityTypeId} for ${firstKind} and for ${kind}; an entity type is one kind of item.`,
          ["items", firstKind, "entityTypeId"],
        );
    }
  }

  function checkLinks(kind: ItemKind, { links = {} }: ItemMapping): void {
    const path = ["items", kind, "links"];
    for (const [otherKind, link] of definedEntries<ItemKind, LinkMapping>(links)) {
      const linkPath = [...path, otherKind];
      if (!canLinkTo(kind, otherKind)) {
        report(
          linkPath,
          `has no meaning: a record of ${itemLabels[kind]} does not refer to one of ${itemLabels[otherKind]}. Remove it.`,
        );
        continue;
      }
      if (!items.has(otherKind))
        report(linkPath, `"items" has no ${otherKind}, but ${kind} has a link to it; keep both or none.`, [
          "items",
          otherKind,
        ]);
      if (link.from === undefined)
        report([...linkPath, "from"], "is missing; name the Bitrix fields that name the other item.");
      else checkCodes(link.from, [...linkPath, "from"], report);
      if (
        link.optional &&
        requiredLinks[kind].some(
          (alternatives) =>
            alternatives.includes(otherKind) &&
            !alternatives.some((alternative) => alternative !== otherKind && links[alternative]),
        )
      )
        report(
          [...linkPath, "optional"],
          `cannot be: ${itemLabels[kind]} cannot exist in Alma without ${itemLabels[otherKind]}.`,
        );
    }
    for (const alternatives of requiredLinks[kind]) {
      const [first] = alternatives;
      if (first !== undefined && alternatives.every((alternative) => links[alternative] == null))
        report(
          [...path, first],
          `is missing; ${itemLabels[kind]} cannot exist in Alma without ${joinItemLabels(alternatives)}.`,
        );
    }
  }

  function checkRecords(kind: ItemKind, { records = {} }: ItemMapping): void {
    const path = ["items", kind, "records"];
    const allowedRecords: readonly (Kind | undefined)[] = [recordKindOf[kind], relatedRecordKind[kind]];
    for (const [record, fields] of definedEntries<Kind, Readonly<Record<string, FieldMapping | null>>>(
      records,
    )) {
      if (!allowedRecords.includes(record)) {
        const known = allowedRecords.filter((allowed) => allowed !== undefined).join(" and ");
        report(
          [...path, record],
          `cannot be filled by ${itemLabels[kind]}, which has fields of ${known} only.`,
        );
        continue;
      }
      for (const [field, entry] of definedEntries<string, FieldMapping>(fields))
        checkFieldMapping(record, field, entry, tables, [...path, record, field], report);
    }
    // A contract only completes its contact's client, so required client fields are checked for the contact only.
    for (const record of kind === "apartment" ? (["unit", "building"] as const) : [recordKindOf[kind]]) {
      for (const { name, isRequired } of draftFields(record).values()) {
        if (isRequired && !derivedFields.includes(name) && records[record]?.[name] == null)
          report([...path, record, name], `is missing; Alma has no ${record} without it.`);
      }
    }
  }
}
