import { type AcceptedType, describeMismatch, draftFields, isReadOnly } from "../../../alma/index.ts";
import type { Kind } from "../../../catalog/index.ts";
import type { FieldMapping, ValueType } from "../item/entry-schema.ts";
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

/** A path in a file: keys and indexes. */
export type Path = readonly (string | number)[];

/** Reports an issue at a path of the mapping. */
export type ReportIssue = (path: Path, message: string) => void;

/** The types of Alma fields that accept each value type. */
const producedTypes: Readonly<Record<Exclude<ValueType, "option">, readonly AcceptedType[]>> = {
  text: ["text"],
  whole: ["whole", "number"],
  number: ["number"],
  amount: ["decimal"],
  yesNo: ["flag"],
  date: ["date"],
  multifield: ["text"],
  file: ["file"],
  files: ["photos"],
};

/** Checks a mapping that satisfies the schema, after merging it with the mapping it extends. Reports all issues. */
export function checkMapping(file: MappingFile, report: ReportIssue): void {
  if (file.name === undefined) report(["name"], "is missing; messages use this name of the mapping.");
  const tables = new Map(definedEntries(file.tables));
  const items = new Map(definedEntries(file.items));
  if (items.size === 0) report(["items"], `is missing or empty; there may be ${itemKinds.join(", ")}.`);
  const kindByType = new Map<string, ItemKind>();
  for (const [kind, item] of items) {
    const path = ["items", kind];
    const { id, entityTypeId, links = {}, records = {} } = item;
    if (id === undefined)
      report([...path, "id"], 'is missing; name the field of the item\'s id, such as "id".');
    const sameType = entityTypeId == null ? undefined : kindByType.get(entityTypeId);
    if (sameType !== undefined)
      report(
        [...path, "entityTypeId"],
        `is ${entityTypeId} for ${sameType} and for ${kind}; an entity type is one kind of item.`,
      );
    if (entityTypeId != null) kindByType.set(entityTypeId, kind);
    checkLinks(kind, links, [...path, "links"]);
    checkRecords(kind, records, [...path, "records"]);
  }

  function checkLinks(kind: ItemKind, links: NonNullable<ItemMapping["links"]>, path: Path) {
    for (const [other, { from }] of definedEntries(links)) {
      if (!canLinkTo(kind, other))
        report(
          [...path, other],
          `has no meaning: a record of ${itemLabels[kind]} does not refer to one of ${itemLabels[other]}. Remove it.`,
        );
      else if (!items.has(other))
        report([...path, other], `"items" has no ${other}, but ${kind} has a link to it; keep both or none.`);
      if (from === undefined)
        report([...path, other, "from"], "is missing; name the Bitrix fields that name the other item.");
    }
    for (const alternatives of requiredLinks[kind])
      if (alternatives.every((other) => links[other] == null))
        report(
          [...path, alternatives[0] as ItemKind],
          `is missing; ${itemLabels[kind]} cannot exist in Alma without ${joinItemLabels(alternatives)}.`,
        );
  }

  function checkRecords(kind: ItemKind, records: NonNullable<ItemMapping["records"]>, path: Path) {
    const allowed = [recordKindOf[kind], relatedRecordKind[kind]].filter((record) => record !== undefined);
    for (const [record, fields] of definedEntries(records)) {
      if (!allowed.includes(record))
        report(
          [...path, record],
          `cannot be filled by ${itemLabels[kind]}, which has fields of ${allowed.join(" and ")} only.`,
        );
      else
        for (const [field, entry] of definedEntries(fields))
          checkField(record, field, entry, [...path, record, field]);
    }
    // A contract only adds to its contact's client, so required client fields are checked for the contact only.
    for (const record of kind === "apartment" ? (["unit", "building"] as const) : [recordKindOf[kind]])
      for (const { name, isRequired } of draftFields(record).values())
        if (isRequired && !derivedFields.includes(name) && records[record]?.[name] == null)
          report([...path, record, name], `is missing; Alma has no ${record} without it.`);
  }

  /** Checks the mapping of one Alma field: the field exists, the mapping is complete, and its values are valid. */
  function checkField(record: Kind, field: string, mapping: FieldMapping, path: Path) {
    const { always, from, as, table: tableName, empty, leaveEmpty } = mapping;
    const fields = draftFields(record);
    const draftField = fields.get(field);
    const checkValue = (value: string | number | boolean | null, at: Path) => {
      const expected = describeMismatch(record, field, value);
      if (expected !== undefined)
        report(at, `is ${JSON.stringify(value)}, but Alma's ${record}.${field} accepts ${expected}.`);
    };
    if (derivedFields.includes(field))
      report(path, `follows from the items themselves, by "id" and "links"; remove it here.`);
    else if (!draftField) {
      const known = [...fields.keys()].filter((name) => !derivedFields.includes(name)).join(", ");
      const problem = isReadOnly(record, field)
        ? "can only be read in Alma"
        : `is not a field of Alma's ${record}`;
      report(path, `${problem}. The fields that can be written are ${known}.`);
    } else if (always !== undefined) checkValue(always, [...path, "always"]);
    if (!draftField || derivedFields.includes(field) || always !== undefined) return;
    if (from === undefined) report([...path, "from"], 'is missing; name the Bitrix fields, or say "always".');
    if (as === undefined) report([...path, "as"], 'is missing; say how the value is read, such as "text".');
    else if (as === "option") {
      const table = tables.get(tableName ?? "");
      if (!table)
        report(
          [...path, "table"],
          `must name the table of the option's values; there are ${[...tables.keys()].join(", ") || "none"}.`,
        );
      for (const [index, { value }] of table?.rows.entries() ?? [])
        checkValue(value, ["tables", tableName ?? "", "rows", index, "value"]);
    } else if (!producedTypes[as].includes(draftField.accepts)) {
      const fitting = Object.entries(producedTypes).flatMap(([name, produced]) =>
        produced.includes(draftField.accepts) ? [`"${name}"`] : [],
      );
      report(
        [...path, "as"],
        `"${as}" does not fit Alma's field, which accepts ${[...fitting, '"option"'].join(" or ")}.`,
      );
    }
    if (empty !== undefined) checkValue(empty, [...path, "empty"]);
    if (!draftField.isClearable && !draftField.isRequired && empty === undefined && !leaveEmpty)
      report(
        path,
        'cannot be cleared in Alma; say "leaveEmpty": true, so that an empty field changes nothing.',
      );
  }
}
