import { encodeChanges } from "./codec/draft.ts";
import type { AcceptedType, Field, Fields } from "./codec/field.ts";
import type { Problem } from "./codec/problem.ts";
import { isSame, isStored, mayBeDerived, shownValue, storedForm } from "./codec/same-value.ts";
import { amountText } from "./http/decimal.ts";
import type { Json } from "./http/exact-json.ts";
import { declarations, type Kind } from "./kind.ts";

const fieldsOf = (kind: Kind): Fields => declarations[kind].fields;

/** A writable field and its accepted values. */
interface DraftField {
  readonly name: string;
  readonly accepts: AcceptedType;
  /** Whether a create requires it. */
  readonly isRequired: boolean;
  /** Whether an update can clear it with null. */
  readonly isClearable: boolean;
  /** Alma's representation of no value, in the form of the field's values; undefined if the field cannot be cleared. */
  readonly emptyValue: Json | undefined;
}

const draftFieldsByKind = new Map<Kind, ReadonlyMap<string, DraftField>>();

/** Returns the writable fields of a kind, by name. */
export function draftFields(kind: Kind): ReadonlyMap<string, DraftField> {
  const cached =
    draftFieldsByKind.get(kind) ??
    new Map(writableFields(fieldsOf(kind)).map((field) => [field.name, field]));
  draftFieldsByKind.set(kind, cached);
  return cached;
}

function writableFields(fields: Fields): readonly DraftField[] {
  return Object.entries(fields).flatMap(([name, { accepts, writeOptions }]) =>
    writeOptions === undefined || accepts === undefined
      ? []
      : [
          {
            name,
            accepts,
            isRequired: writeOptions.isRequired,
            isClearable: writeOptions.emptyValue !== undefined,
            emptyValue: accepts === "decimal" ? amountOf(writeOptions.emptyValue) : writeOptions.emptyValue,
          },
        ],
  );
}

const amountOf = (value: Json | undefined): Json | undefined =>
  value == null ? value : amountText(String(value));

/** Finds problems of values that cannot be sent to Alma, regardless of the rest of the record. */
export function findImpossibleValues(
  kind: Kind,
  changes: Readonly<Record<string, unknown>>,
): readonly Problem[] {
  return encodeChanges(fieldsOf(kind), changes).problems;
}

const comparing =
  (compare: (field: Field, shown: unknown, value: unknown) => boolean) =>
  (kind: Kind, record: Readonly<Record<string, unknown>>, name: string, value: unknown): boolean =>
    compare(fieldsOf(kind)[name] as Field, shownValue(record, name), value);

/** Returns whether a record shows exactly this value in a field: see `isSame`. */
export const showsSame = comparing(isSame);
/** Returns whether a record already shows a value as Alma stores it, so that it need not be sent: see `isStored`. */
export const showsStored = comparing(isStored);
/** Returns a field's value as Alma stores it, by known rules. */
export const storedAs = (kind: Kind, name: string, sent: unknown): unknown =>
  storedForm(fieldsOf(kind)[name] as Field, sent);
/** Returns whether a shown value may be the result of a sent one: see `mayBeDerived`. */
export const mayShow = comparing(mayBeDerived);

/** Returns whether a kind has a read-only field of this name. */
export function isReadOnly(kind: Kind, name: string): boolean {
  const fields = fieldsOf(kind);
  return Object.hasOwn(fields, name) && fields[name]?.writeOptions === undefined;
}

/** The accepted types, for messages. */
const descriptions: Readonly<Record<AcceptedType, string>> = {
  text: "a text",
  whole: "a whole number",
  number: "a number",
  flag: "true or false",
  date: "a day such as 2025-08-21, in quotes",
  decimal: "an exact amount such as 1250.50, in quotes",
  file: "a file",
  photos: "pictures",
  record: "another record",
};

/** Describes what a field accepts, for messages; undefined if it accepts this value or does not exist. */
export function describeMismatch(
  kind: Kind,
  name: string,
  value: string | number | boolean | null,
): string | undefined {
  const field = draftFields(kind).get(name);
  if (field === undefined) return undefined;
  if (value === null)
    return field.isClearable ? undefined : `${descriptions[field.accepts]}: it cannot be cleared`;
  return isAcceptable(kind, field, value) ? undefined : descriptions[field.accepts];
}

function isAcceptable(kind: Kind, { name, accepts }: DraftField, value: string | number | boolean) {
  switch (accepts) {
    case "text":
      return typeof value === "string";
    case "whole":
      return typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "flag":
      return typeof value === "boolean";
    case "date":
    case "decimal":
      return typeof value === "string" && findImpossibleValues(kind, { [name]: value }).length === 0;
    default:
      return false;
  }
}
