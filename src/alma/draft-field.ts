import { Misfit, type Takes } from "./codec.ts";
import type { Field, Fields } from "./field.ts";
import { fieldsOf, type Kind } from "./kind.ts";

const tables: Readonly<Record<Kind, Fields>> = fieldsOf;

/** What there is to know about a field of a record before anything is written to it. */
export interface DraftField {
  readonly name: string;
  readonly takes: Takes;
  /** Whether a create cannot be without it. */
  readonly required: boolean;
  /** Whether null, that is Alma's neutral value, can be written to it. */
  readonly clearable: boolean;
}

const drafts = new Map<Kind, ReadonlyMap<string, DraftField>>();

/** The fields of a kind of record that can be written, by their names in the domain. */
export function draftFields(kind: Kind): ReadonlyMap<string, DraftField> {
  const known = drafts.get(kind) ?? new Map(writableIn(tables[kind]).map((field) => [field.name, field]));
  drafts.set(kind, known);
  return known;
}

function writableIn(table: Fields): readonly DraftField[] {
  return Object.entries(table).flatMap(([name, { takes, drafting }]) =>
    drafting === undefined || takes === undefined
      ? []
      : [{ name, takes, required: drafting.must, clearable: drafting.neutral !== undefined }],
  );
}

/** Whether a kind of record has a field that Alma answers and that nobody can write. */
export function isReadOnly(kind: Kind, name: string): boolean {
  const table = tables[kind];
  return Object.hasOwn(table, name) && table[name]?.drafting === undefined;
}

/** What each kind of value looks like, for people. */
const looks: Readonly<Record<Takes, string>> = {
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

/** What a field must be given, if it is not a value such as this one; undefined if the value will do. */
export function misfit(
  kind: Kind,
  name: string,
  value: string | number | boolean | null,
): string | undefined {
  const field = draftFields(kind).get(name);
  if (field === undefined) return undefined;
  if (value === null) return field.clearable ? undefined : `${looks[field.takes]}: it cannot be cleared`;
  return fits(field.takes, value, tables[kind][name]) ? undefined : looks[field.takes];
}

function fits(takes: Takes, value: string | number | boolean, field: Field | undefined): boolean {
  switch (takes) {
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
    if (error instanceof Misfit) return false;
    throw error;
  }
}
