import { encodeChanges } from "./codec/draft.ts";
import { type AcceptedType, type Field, type Fields, InvalidValue } from "./codec/field.ts";
import type { Problem } from "./codec/problem.ts";
import { isSame, isStored, mayBe, shownValue, storedForm } from "./codec/same-value.ts";
import { amountText } from "./http/decimal.ts";
import type { Json } from "./http/json.ts";
import { declarations, type Kind } from "./kind.ts";

const fieldsOf = (kind: Kind): Fields => declarations[kind].fields;

/** A field that can be written, and what it accepts. */
interface DraftField {
  readonly name: string;
  readonly accepts: AcceptedType;
  /** Whether a create must have it. */
  readonly isRequired: boolean;
  /** Whether an update can clear it with null. */
  readonly isClearable: boolean;
  /** What stands in Alma for no value, in the form of the field's values; undefined if it cannot be cleared. */
  readonly emptyValue: Json | undefined;
}

const draftFieldsByKind = new Map<Kind, ReadonlyMap<string, DraftField>>();

/** The fields of a kind that can be written, by their names in the gateway. */
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

/** Problems of values that Alma cannot be sent, whatever else the record has. */
export function findImpossibleValues(
  kind: Kind,
  changes: Readonly<Record<string, unknown>>,
): readonly Problem[] {
  const encoded = encodeChanges(fieldsOf(kind), changes);
  return "problems" in encoded ? encoded.problems : [];
}

const comparing =
  (compare: (field: Field, shown: unknown, value: unknown) => boolean) =>
  (kind: Kind, record: Readonly<Record<string, unknown>>, name: string, value: unknown): boolean =>
    compare(fieldsOf(kind)[name] as Field, shownValue(record, name), value);

/** Whether a record of a kind shows exactly this value in a field: as of `isSame`. */
export const showsSame = comparing(isSame);
/** Whether a record shows what Alma makes of a value, so that the value need not be sent: as of `isStored`. */
export const showsStored = comparing(isStored);
/** What Alma makes of a value that is sent in a field of a kind, by rules that are known. */
export const storedAs = (kind: Kind, name: string, sent: unknown): unknown =>
  storedForm(fieldsOf(kind)[name] as Field, sent);
/** Whether what a record shows may have become of a value that was sent: as of `mayBe`. */
export const mayShow = comparing(mayBe);

/** Whether a kind has a field of this name that cannot be written. */
export function isReadOnly(kind: Kind, name: string): boolean {
  const fields = fieldsOf(kind);
  return Object.hasOwn(fields, name) && fields[name]?.writeOptions === undefined;
}

/** The accepted types, as messages describe them. */
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

/** What a field accepts, as a message describes it; undefined if it accepts this value or there is no such field. */
export function describeMismatch(
  kind: Kind,
  name: string,
  value: string | number | boolean | null,
): string | undefined {
  const field = draftFields(kind).get(name);
  if (field === undefined) return undefined;
  if (value === null)
    return field.isClearable ? undefined : `${descriptions[field.accepts]}: it cannot be cleared`;
  return isAcceptable(field.accepts, value, fieldsOf(kind)[name]) ? undefined : descriptions[field.accepts];
}

function isAcceptable(
  accepts: AcceptedType,
  value: string | number | boolean,
  field: Field | undefined,
): boolean {
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
      return typeof value === "string" && canBeEncoded(field, value);
    default:
      return false;
  }
}

function canBeEncoded(field: Field | undefined, value: string): boolean {
  try {
    field?.encode(value as never);
    return true;
  } catch (error) {
    if (error instanceof InvalidValue) return false;
    throw error;
  }
}
