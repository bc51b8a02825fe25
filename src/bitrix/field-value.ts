import { draftFields } from "../alma/index.ts";
import type { Kind } from "../catalog/index.ts";
import type { FieldsByCode, Found } from "./code.ts";
import type { ItemFault, ItemKind, JsonValue, MappedField, MappedValue } from "./mapped.ts";
import type { FieldEntry } from "./mapping-entry.ts";
import { foreign, readAmount, readNumber, readWhole } from "./number.ts";
import { type OptionTable, readOption, unknownOption } from "./option.ts";
import { isEmpty, type Reading, single } from "./reading.ts";
import { ruleInWords } from "./rule.ts";
import { readDate, readFile, readFiles, readMultifield, readText, readYesNo } from "./value.ts";

/** What of the mapping as a whole an entry is read with. */
export interface MappingContext {
  readonly mapping: string;
  readonly currency: string | undefined;
  readonly tables: ReadonlyMap<string, OptionTable>;
  /** The entity types of the kinds of items, where the mapping knows them. */
  readonly types: ReadonlyMap<ItemKind, string>;
}

/** A field of the item, and the code by which the mapping asked for it. */
interface Asked extends Found {
  readonly mapped: string;
}

/** The first field that has something in it, else the first that is there; undefined if there is none. */
export function firstFilled(
  fields: FieldsByCode,
  codes: readonly string[],
  empty: (value: JsonValue) => boolean,
  spellings: (code: string) => readonly string[] = (code) => [code],
): Asked | undefined {
  let first: Asked | undefined;
  for (const mapped of codes) {
    for (const spelling of spellings(mapped)) {
      const found = fields.find(spelling);
      if (found === undefined) continue;
      if (!empty(found.value)) return { ...found, mapped };
      first ??= { ...found, mapped };
    }
  }
  return first;
}

/** A field of files, which tools without nested fields flatten to `code__urlMachine`. */
const fileSpellings = (code: string): readonly string[] => [code, `${code}_urlMachine`];

/** What an item says of one field of a record; undefined if it does not have the Bitrix field. */
export function mapField(
  fields: FieldsByCode,
  record: Kind,
  field: string,
  entry: FieldEntry,
  context: MappingContext,
): MappedField | undefined {
  const rule = ruleInWords(entry, context.currency);
  if (entry.always !== undefined) return { record, field, value: entry.always, rule };
  const { as, from = [] } = entry;
  const isFile = as === "file" || as === "files";
  const found = firstFilled(
    fields,
    from,
    as === "yesNo" ? isBlank : isEmpty,
    isFile ? fileSpellings : undefined,
  );
  if (found === undefined) return undefined;
  const base = { record, field, from: found.mapped, raw: found.value, rule };
  const result = readField(fields, found, entry, context);
  if ("fault" in result) return { ...base, fault: result.fault };
  if (result.value !== null) return { ...base, value: result.value };
  if (entry.leaveEmpty) return undefined;
  if (entry.empty !== undefined) return { ...base, value: entry.empty };
  if (!draftFields(record).get(field)?.required) return { ...base, value: null };
  const message = `${JSON.stringify(found.code)} gives nothing, but Alma's ${field} must not be empty. Fill it in in Bitrix, or give an "empty" value for it in the mapping.`;
  return { ...base, fault: { code: "REQUIRED", message, field: found.code } };
}

const isBlank = (value: JsonValue): boolean => value !== false && isEmpty(value);

function readField(
  fields: FieldsByCode,
  found: Asked,
  entry: FieldEntry,
  context: MappingContext,
): { readonly value: MappedValue } | { readonly fault: ItemFault } {
  const { as, several, table } = entry;
  const invalid = (problem: string): { readonly fault: ItemFault } => {
    const message = `The Bitrix field ${JSON.stringify(found.code)} cannot be taken over: ${problem}`;
    return { fault: { code: "INVALID", message, field: found.code } };
  };
  const empty = as === "yesNo" ? isBlank : isEmpty;
  if (empty(found.value)) return { value: null };
  const whole = readList(as, found.value);
  if (whole !== undefined) return "value" in whole ? whole : invalid(whole.problem);
  const wrapped = single(found.value, several);
  if ("problem" in wrapped) return invalid(wrapped.problem);
  const raw = wrapped.one;
  if (empty(raw)) return { value: null };
  if (as === "option") {
    const known = table === undefined ? undefined : context.tables.get(table);
    const read = known && readOption(raw, known);
    if (read !== undefined) return "value" in read ? read : invalid(read.problem);
    const message = known ? unknownOption(raw, found.code, known, context.mapping) : "";
    return { fault: { code: "UNKNOWN_OPTION", message, field: found.code } };
  }
  const read = readOne(as, raw, context.currency);
  if ("problem" in read) return invalid(`${read.problem} Correct it in Bitrix.`);
  const problem = as === "amount" && read.value !== null ? inForeign(fields, entry, context) : undefined;
  return problem === undefined ? read : invalid(problem);
}

/** The readings that take a list as a whole; undefined for the others. */
function readList(as: FieldEntry["as"], raw: JsonValue): Reading | undefined {
  if (as === "file") return readFile(raw);
  if (as === "files") return readFiles(raw);
  return as === "multifield" ? readMultifield(raw) : undefined;
}

function readOne(as: FieldEntry["as"], raw: JsonValue, currency: string | undefined): Reading {
  switch (as) {
    case "whole":
      return readWhole(raw);
    case "number":
      return readNumber(raw);
    case "amount":
      return readAmount(raw, currency);
    case "yesNo":
      return readYesNo(raw);
    case "date":
      return readDate(raw);
    default:
      return readText(raw);
  }
}

/** Why the currency that the item names elsewhere is not the mapping's. */
function inForeign(
  fields: FieldsByCode,
  { currencyFrom = [] }: FieldEntry,
  { currency }: MappingContext,
): string | undefined {
  const named = firstFilled(fields, currencyFrom, isEmpty)?.value;
  return typeof named === "string" ? foreign(named, currency) : undefined;
}
