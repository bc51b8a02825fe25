import { type AcceptedType, describeMismatch, draftFields, isReadOnly } from "../../../alma/index.ts";
import type { Kind } from "../../../catalog/index.ts";
import type { FieldMapping, TableDefinition, ValueType } from "../item/entry-schema.ts";
import { canonicalCode } from "../item/field-code.ts";
import { derivedFields } from "../item/item-kind.ts";
import type { Path } from "./source-file.ts";

/**
 * Reports an issue at a path of the merged mapping. If that path comes from the extended file, the issue is reported at
 * `fallbackPath` instead, or not at all if that is null.
 */
export type ReportIssue = (path: Path, message: string, fallbackPath?: Path | null) => void;

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

/** Checks that a list names no Bitrix field twice. */
export function checkCodes(codes: readonly string[], path: Path, report: ReportIssue): void {
  const seen = new Set<string>();
  for (const [index, code] of codes.entries()) {
    if (seen.has(canonicalCode(code))) report([...path, index], `repeats ${code}; keep one of the two.`);
    seen.add(canonicalCode(code));
  }
}

/** Checks the mapping of one Alma field: the field exists, the mapping is complete, and its values fit. */
export function checkFieldMapping(
  record: Kind,
  field: string,
  mapping: FieldMapping,
  tables: ReadonlyMap<string, TableDefinition>,
  path: Path,
  report: ReportIssue,
): void {
  const { always, from, as, table: tableName, several, currencyFrom, empty, leaveEmpty } = mapping;
  const fields = draftFields(record);
  const draftField = fields.get(field);
  const isWritable = checkWritable();
  if (isWritable && always !== undefined) checkAlways(always);
  else if (isWritable) {
    if (from === undefined) report([...path, "from"], 'is missing; name the Bitrix fields, or say "always".');
    else checkCodes(from, [...path, "from"], report);
    checkValueType();
    checkEmpty();
  }

  function checkWritable(): boolean {
    if (derivedFields.includes(field)) {
      report(path, `follows from the items themselves, by "id" and "links"; remove it here.`);
      return false;
    }
    if (draftField) return true;
    const known = [...fields.keys()].filter((name) => !derivedFields.includes(name)).join(", ");
    const explanation = isReadOnly(record, field)
      ? "can only be read in Alma"
      : `is no field of Alma's ${record}`;
    report(path, `${explanation}. The fields that can be written are ${known}.`);
    return false;
  }

  function checkAlways(value: string | number | boolean): void {
    const otherKeys = Object.keys(mapping).filter((key) => key !== "always" && key !== "note");
    if (otherKeys.length > 0)
      report([...path, otherKeys[0] ?? ""], `has no meaning with "always"; remove ${otherKeys.join(", ")}.`);
    checkValue(value, [...path, "always"]);
  }

  function checkValueType(): void {
    if (as === undefined) {
      report([...path, "as"], 'is missing; say how the value is read, such as "text".');
      return;
    }
    if (currencyFrom !== undefined) {
      if (as !== "amount") report([...path, "currencyFrom"], 'belongs to "as": "amount" only; remove it.');
      else checkCodes(currencyFrom, [...path, "currencyFrom"], report);
    }
    if (several !== undefined && (as === "file" || as === "files" || as === "multifield"))
      report(
        [...path, "several"],
        `has no meaning with "as": "${as}", which accepts several values anyway; remove it.`,
      );
    if (as === "option") {
      checkOptionTable();
      return;
    }
    if (tableName !== undefined)
      report([...path, "table"], 'belongs to "as": "option" only; remove one of the two.');
    const accepted = draftField?.accepts;
    if (accepted === undefined || producedTypes[as].includes(accepted)) return;
    const fittingTypes = Object.entries(producedTypes).flatMap(([name, produced]) =>
      produced.includes(accepted) ? [`"${name}"`] : [],
    );
    report(
      [...path, "as"],
      `"${as}" does not fit Alma's field, which accepts ${[...fittingTypes, '"option"'].join(" or ")}.`,
    );
  }

  function checkOptionTable(): void {
    if (tableName === undefined) {
      report([...path, "table"], "is missing; an option needs the table of its values.");
      return;
    }
    const table = tables.get(tableName);
    if (table === undefined) {
      report(
        [...path, "table"],
        `names ${JSON.stringify(tableName)}, but there is no such table; there are ${[...tables.keys()].join(", ") || "none"}.`,
      );
      return;
    }
    for (const [index, { value }] of table.rows.entries())
      checkValue(value, ["tables", tableName, "rows", index, "value"]);
  }

  function checkEmpty(): void {
    if (empty !== undefined) {
      if (leaveEmpty) report([...path, "leaveEmpty"], 'contradicts "empty"; keep one of the two.');
      checkValue(empty, [...path, "empty"]);
    }
    if (draftField && !draftField.isClearable && !draftField.isRequired && empty === undefined && !leaveEmpty)
      report(
        path,
        'cannot be cleared in Alma; say "leaveEmpty": true, so that an empty field changes nothing.',
      );
  }

  function checkValue(value: string | number | boolean | null, valuePath: Path): void {
    const expected = describeMismatch(record, field, value);
    if (expected !== undefined)
      report(valuePath, `is ${JSON.stringify(value)}, but Alma's ${record}.${field} accepts ${expected}.`);
  }
}
