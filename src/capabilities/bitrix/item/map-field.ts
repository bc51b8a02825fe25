import { draftFields } from "../../../alma/index.ts";
import type { Kind } from "../../../catalog/index.ts";
import { describeRule } from "./describe-rule.ts";
import type { FieldMapping, TableDefinition, ValueType } from "./entry-schema.ts";
import type { FieldsByCode, FoundField } from "./field-code.ts";
import type { ItemKind } from "./item-kind.ts";
import type { JsonValue } from "./json-object.ts";
import type { ItemError, MappedField, MappedValue } from "./mapped-item.ts";
import { findOption, unknownOptionMessage } from "./option-table.ts";
import { currencyMismatch, parseNumberValue, readAmount, readInteger } from "./read-number.ts";
import { isEmpty, type ReadResult, singleValue } from "./read-result.ts";
import { readDate, readFile, readFiles, readMultifield, readText, readYesNo } from "./read-value.ts";

/** The parts of a mapping that its field mappings share. */
export interface MappingContext {
  readonly mappingName: string;
  readonly currency: string | undefined;
  readonly tables: ReadonlyMap<string, TableDefinition>;
  /** The mapped Bitrix entity types of the kinds of items. */
  readonly entityTypes: ReadonlyMap<ItemKind, string>;
}

/** A field of an item, with its code as spelled in the mapping. */
interface MatchedField extends FoundField {
  readonly mappedCode: string;
}

/** Returns the first field that is not empty, else the first that exists. */
export function findFirstFilled(
  fields: FieldsByCode,
  codes: readonly string[],
  isEmptyValue: (value: JsonValue) => boolean,
  spellings: (code: string) => readonly string[] = (code) => [code],
): MatchedField | undefined {
  let first: MatchedField | undefined;
  for (const mappedCode of codes) {
    for (const spelling of spellings(mappedCode)) {
      const found = fields.find(spelling);
      if (found === undefined) continue;
      if (!isEmptyValue(found.value)) return { ...found, mappedCode };
      first ??= { ...found, mappedCode };
    }
  }
  return first;
}

/**
 * No-code tools flatten the nested `urlMachine` of a file field to `code__urlMachine`; the canonical code has one `_`.
 */
const fileSpellings = (code: string): readonly string[] => [code, `${code}_urlMachine`];

/**
 * Maps one Alma field. Undefined, which keeps Alma's value, if the item lacks the Bitrix field, or if the field is
 * empty and the mapping has `leaveEmpty`.
 */
export function mapField(
  fields: FieldsByCode,
  record: Kind,
  field: string,
  mapping: FieldMapping,
  context: MappingContext,
): MappedField | undefined {
  const empty = mapping.empty ?? emptyNumber(record, field, mapping);
  const rule = describeRule({ ...mapping, empty }, context.currency);
  if (mapping.always !== undefined) return { record, field, value: mapping.always, rule };
  const { as, from = [] } = mapping;
  const isFile = as === "file" || as === "files";
  const match = findFirstFilled(
    fields,
    from,
    as === "yesNo" ? isEmptyUnlessFalse : isEmpty,
    isFile ? fileSpellings : undefined,
  );
  if (match === undefined) return undefined;
  const base = { record, field, from: match.mappedCode, raw: match.value, rule };
  const result = readField(fields, match, mapping, context);
  if ("error" in result) return { ...base, error: result.error };
  if (result.value !== null) return { ...base, value: result.value };
  if (mapping.leaveEmpty) return undefined;
  if (empty !== undefined) return { ...base, value: empty };
  if (!draftFields(record).get(field)?.isRequired) return { ...base, value: null };
  const message = `${JSON.stringify(match.code)} gives nothing, but Alma's ${field} must not be empty. Fill it in in Bitrix, or give an "empty" value for it in the mapping.`;
  return { ...base, error: { code: "REQUIRED", message, field: match.code } };
}

/**
 * Returns the value in Alma for an empty amount, number or flag, which Alma cannot store as empty: 0 or false.
 * Undefined for all other fields. An option that is not a flag decides nothing.
 */
function emptyNumber(record: Kind, field: string, { as, leaveEmpty }: FieldMapping) {
  const { accepts, emptyValue } = draftFields(record).get(field) ?? {};
  if (leaveEmpty || emptyValue === null || typeof emptyValue === "object") return undefined;
  if (accepts === "decimal") return emptyValue === undefined ? undefined : String(emptyValue);
  const isNumber = accepts === "whole" || accepts === "number";
  return isNumber || (accepts === "flag" && as === "yesNo") ? emptyValue : undefined;
}

/** Returns whether a value is empty. Bitrix sends false for an empty list, but for a yes/no field false is a value. */
const isEmptyUnlessFalse = (value: JsonValue) => value !== false && isEmpty(value);

function readField(
  fields: FieldsByCode,
  match: MatchedField,
  mapping: FieldMapping,
  context: MappingContext,
): { readonly value: MappedValue } | { readonly error: ItemError } {
  const { as = "text", several, table = "" } = mapping;
  const invalid = (problem: string): { readonly error: ItemError } => {
    const message = `The Bitrix field ${JSON.stringify(match.code)} cannot be mapped: ${problem}`;
    return { error: { code: "INVALID", message, field: match.code } };
  };
  const isEmptyValue = as === "yesNo" ? isEmptyUnlessFalse : isEmpty;
  if (isEmptyValue(match.value)) return { value: null };
  const listResult = listReaders[as]?.(match.value);
  if (listResult !== undefined) return "value" in listResult ? listResult : invalid(listResult.problem);
  const singleResult = singleValue(match.value, several);
  if ("problem" in singleResult) return invalid(singleResult.problem);
  const raw = singleResult.single;
  if (isEmptyValue(raw)) return { value: null };
  if (as === "option") {
    const rows = context.tables.get(table)?.rows ?? [];
    const row = findOption(raw, rows);
    if (row) return { value: row.value };
    const message = unknownOptionMessage(raw, match.code, table, rows, context.mappingName);
    return { error: { code: "UNKNOWN_OPTION", message, field: match.code } };
  }
  const result = (scalarReaders[as] ?? readText)(raw, context.currency);
  if ("problem" in result) return invalid(`${result.problem} Correct it in Bitrix.`);
  const problem =
    as === "amount" && result.value !== null ? itemCurrencyMismatch(fields, mapping, context) : undefined;
  return problem === undefined ? result : invalid(problem);
}

type Readers = Partial<Record<ValueType, (raw: JsonValue, currency?: string) => ReadResult>>;
/** The readers of values for which a list is meaningful. */
const listReaders: Readers = { file: readFile, files: readFiles, multifield: readMultifield };
/** The readers of single values; all others are read as text. */
const scalarReaders: Readers = {
  whole: readInteger,
  number: parseNumberValue,
  amount: readAmount,
  yesNo: readYesNo,
  date: readDate,
};

/** Explains why the currency in another field of the item does not match the mapping's; undefined if it does. */
function itemCurrencyMismatch(
  fields: FieldsByCode,
  { currencyFrom = [] }: FieldMapping,
  { currency }: MappingContext,
) {
  const currencyValue = findFirstFilled(fields, currencyFrom, isEmpty)?.value;
  return typeof currencyValue === "string" ? currencyMismatch(currencyValue, currency) : undefined;
}
