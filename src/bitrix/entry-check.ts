import { draftFields, isReadOnly, misfit, type Takes } from "../alma/index.ts";
import type { Kind } from "../catalog/index.ts";
import { canonical } from "./code.ts";
import type { As, FieldEntry, TableEntry } from "./mapping-entry.ts";
import type { Path } from "./mapping-source.ts";
import { followingFields } from "./record.ts";

/**
 * Notes what is wrong at a place of a mapping. Where that is not in the file that is checked but in the one that it
 * extends, `otherwise` is the place; if that is null, nothing is wrong.
 */
export type Tell = (path: Path, message: string, otherwise?: Path | null) => void;

/** What a reading gives, as Alma's fields take it. */
const gives: Readonly<Record<Exclude<As, "option">, readonly Takes[]>> = {
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

/** Checks one field's entry: that Alma has the field, that the rule is whole, and that what it gives fits. */
export function checkEntry(
  record: Kind,
  field: string,
  entry: FieldEntry,
  tables: ReadonlyMap<string, TableEntry>,
  path: Path,
  tell: Tell,
): void {
  if (!isWritable(record, field, path, tell)) return;
  if (entry.always !== undefined) {
    const others = Object.keys(entry).filter((key) => key !== "always" && key !== "note");
    if (others.length > 0)
      tell([...path, others[0] ?? ""], `has no meaning beside "always"; leave ${others.join(", ")} out.`);
    checkValue(record, field, entry.always, [...path, "always"], tell);
    return;
  }
  if (entry.from === undefined)
    tell([...path, "from"], 'is missing; name the Bitrix fields, or say "always".');
  else checkCodes(entry.from, [...path, "from"], tell);
  checkReading(record, field, entry, tables, path, tell);
  checkEmpty(record, field, entry, path, tell);
}

/** Checks that no Bitrix field is named twice. */
export function checkCodes(codes: readonly string[], path: Path, tell: Tell): void {
  const seen = new Set<string>();
  for (const [index, code] of codes.entries()) {
    if (seen.has(canonical(code))) tell([...path, index], `names ${code} again; keep one of the two.`);
    seen.add(canonical(code));
  }
}

function isWritable(record: Kind, field: string, path: Path, tell: Tell): boolean {
  if (followingFields.includes(field)) {
    tell(path, `follows from the items themselves, by "id" and "links"; leave it out here.`);
    return false;
  }
  const fields = draftFields(record);
  if (fields.has(field)) return true;
  const known = [...fields.keys()].filter((name) => !followingFields.includes(name)).join(", ");
  const truth = isReadOnly(record, field) ? "can only be read in Alma" : `is no field of Alma's ${record}`;
  tell(path, `${truth}. The fields that can be written are ${known}.`);
  return false;
}

function checkReading(
  record: Kind,
  field: string,
  { as, table, several, currencyFrom }: FieldEntry,
  tables: ReadonlyMap<string, TableEntry>,
  path: Path,
  tell: Tell,
): void {
  if (as === undefined) {
    tell([...path, "as"], 'is missing; say how the value is read, such as "text".');
    return;
  }
  if (currencyFrom !== undefined) {
    if (as !== "amount") tell([...path, "currencyFrom"], 'belongs to "as": "amount" only; leave it out.');
    else checkCodes(currencyFrom, [...path, "currencyFrom"], tell);
  }
  if (several !== undefined && (as === "file" || as === "files" || as === "multifield"))
    tell(
      [...path, "several"],
      `has no meaning beside "as": "${as}", which takes several by itself; leave it out.`,
    );
  if (as === "option") {
    checkOption(record, field, table, tables, path, tell);
    return;
  }
  if (table !== undefined)
    tell([...path, "table"], 'belongs to "as": "option" only; leave one of the two out.');
  const takes = draftFields(record).get(field)?.takes;
  if (takes === undefined || gives[as].includes(takes)) return;
  const fitting = Object.entries(gives).flatMap(([name, given]) =>
    given.includes(takes) ? [`"${name}"`] : [],
  );
  tell(
    [...path, "as"],
    `"${as}" does not fit Alma's field, which takes ${[...fitting, '"option"'].join(" or ")}.`,
  );
}

function checkOption(
  record: Kind,
  field: string,
  name: string | undefined,
  tables: ReadonlyMap<string, TableEntry>,
  path: Path,
  tell: Tell,
): void {
  if (name === undefined) {
    tell([...path, "table"], "is missing; an option needs the table of its values.");
    return;
  }
  const table = tables.get(name);
  if (table === undefined) {
    tell(
      [...path, "table"],
      `names ${JSON.stringify(name)}, but there is no such table; there are ${[...tables.keys()].join(", ") || "none"}.`,
    );
    return;
  }
  for (const [index, { value }] of table.rows.entries())
    checkValue(record, field, value, ["tables", name, "rows", index, "value"], tell);
}

function checkEmpty(
  record: Kind,
  field: string,
  { empty, leaveEmpty }: FieldEntry,
  path: Path,
  tell: Tell,
): void {
  if (empty !== undefined) {
    if (leaveEmpty) tell([...path, "leaveEmpty"], 'contradicts "empty"; keep one of the two.');
    checkValue(record, field, empty, [...path, "empty"], tell);
  }
  const known = draftFields(record).get(field);
  if (known && !known.clearable && !known.required && empty === undefined && !leaveEmpty)
    tell(path, 'cannot be cleared in Alma; say "leaveEmpty": true, so that an empty field changes nothing.');
}

function checkValue(
  record: Kind,
  field: string,
  value: string | number | boolean | null,
  path: Path,
  tell: Tell,
): void {
  const must = misfit(record, field, value);
  if (must !== undefined)
    tell(path, `is ${JSON.stringify(value)}, but Alma's ${record}.${field} takes ${must}.`);
}
