import { type AcceptedType, type AnyDeclaration, declarations, type Kind } from "../../alma/index.ts";
import { kindDefinitions } from "./kind.ts";
import type { ScopeOfField } from "./logged-change.ts";
import { isShown, type Source } from "./source.ts";

/*
 * Prints the fields of a record as text, for comparison by the change log. Links are printed as ids, `unitUsage` (the
 * use of units under a contract) as its parts.
 */

/** The only field that is compared by its parts. */
const USAGE = "unitUsage";
const usageParts: Readonly<Record<string, string>> = {
  client: "clientId",
  rentalObject: "unitId",
  isArchived: "isArchived",
  "unitUsage.usageId": "usageId",
  "unitUsage.clientType": "clientType",
};
const usageTypes: Types = {
  client: "record",
  rentalObject: "record",
  isArchived: "flag",
  "unitUsage.usageId": "whole",
  "unitUsage.clientType": "text",
};

/** The types of fields, by displayed name. */
export type Types = Readonly<Record<string, AcceptedType>>;

/** Returns all fields of a kind visible without a scope. */
export function visibleTypes(kind: Kind, scopeOf: ScopeOfField): Types {
  const { [USAGE]: usage, ...fields }: AnyDeclaration["fields"] = declarations[kind].fields;
  const types = Object.entries(fields).map(([name, { accepts = "text" }]) => [name, accepts] as const);
  const all = [...types, ...Object.entries(usage ? usageTypes : {})];
  return Object.fromEntries(all.filter(([name]) => scopeOf(kind, name) === undefined));
}

/** Returns the values of an answer visible without a scope, as text by field, omitting empty values. */
export function visibleTexts(
  kind: Kind,
  source: Source,
  scopeOf?: ScopeOfField,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const field of comparedFields(source)) {
    const shown = visibleText(source, field);
    if (shown != null && scopeOf?.(kind, field) === undefined) texts[field] = shown;
  }
  return texts;
}

/** Returns the names by which the fields of an answer are compared. */
export const comparedFields = ({ values }: Source): readonly string[] =>
  USAGE in values ? [...Object.keys(values), ...Object.keys(usageParts)] : Object.keys(values);

/**
 * Prints a field like the GraphQL field does; null if empty. A link is printed as the Alma id only, since the other
 * record's fields belong to that record. Undefined if the answer omits the field or it cannot be read.
 */
export function visibleText(source: Source, field: string): string | null | undefined {
  if (field === USAGE) return undefined;
  const { values, fieldErrors } = source;
  const name = answerFieldOf(source, field);
  const part = name === field ? undefined : usageParts[field];
  const value = values[name];
  if (value === undefined || fieldErrors?.[name] !== undefined) return undefined;
  return textOf(part === undefined ? value : (value as Readonly<Record<string, unknown>> | null)?.[part]);
}

/** Returns the field of an answer for a compared name. */
export const answerFieldOf = ({ values }: Source, field: string): string =>
  USAGE in values && field in usageParts ? USAGE : field;

/**
 * Returns the JSON of a value that its text does not fully describe, such as an object or an empty value. For links the
 * text suffices.
 */
export function exactJson(kind: Kind, { values }: Source, field: string): string | undefined {
  const value = values[field];
  if (value === undefined || isLink(kind, field)) return undefined;
  const isExact = textOf(value) !== null && (typeof value !== "object" || Array.isArray(value));
  return isExact ? undefined : JSON.stringify(value);
}

/** Returns whether a field refers to records, or is compared by its parts. */
const isLink = (kind: Kind, name: string) =>
  name === USAGE || Object.values(kindDefinitions[kind].relations).some(({ field }) => field === name);

/** Sets a field from its text: the inverse of `visibleText`. */
export function setVisibleText(
  kind: Kind,
  values: Record<string, unknown>,
  field: string,
  text: string | null,
): void {
  const fields: AnyDeclaration["fields"] = declarations[kind].fields;
  const part = USAGE in fields ? usageParts[field] : undefined;
  if (part === undefined) {
    values[field] = text === null ? null : parseShown(fields[field]?.accepts, text, fields[field]?.read);
    return;
  }
  const value = text === null ? null : parseShown(usageTypes[field], text);
  const usage = { ...emptyUsage, ...(values[USAGE] as object | null), [part]: value };
  values[USAGE] = Object.values(usage).every((known) => known === null) ? null : usage;
}

const emptyUsage = Object.fromEntries(Object.values(usageParts).map((part) => [part, null]));

function parseShown(type: AcceptedType | undefined, text: string, read = (value: unknown): unknown => value) {
  if (type === "flag") return text === "true";
  return read(
    type === "photos" ? JSON.parse(text) : type === "record" || type === "whole" ? Number(text) : text,
  );
}

function textOf(value: unknown) {
  if (!isShown(value)) return null;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  const { id, value: choice } = value as { readonly id?: unknown; readonly value?: unknown };
  return textOf(id ?? choice);
}
