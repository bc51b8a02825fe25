import { AlmaError } from "../../alma/index.ts";

/** The level of data that a caller needs: the record's existence, its list fields, or all fields. */
export type Level = 0 | 1 | 2;
export const EXISTS: Level = 0;
export const SUMMARY: Level = 1;
export const DETAIL: Level = 2;

/** Before every time of the clock. */
export const NEVER = -Infinity;

/** Values by field. The catalog does not know their types; its users use `KnownFields`. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** The reasons why fields could not be decoded. */
export type FieldErrors = Readonly<Record<string, string | undefined>> | undefined;

/** The fields shown by one answer. */
export interface Source {
  readonly values: FieldValues;
  readonly fieldErrors: FieldErrors;
}

/** Why a field has no value in a view of the past. */
export const NOT_STORED_REASON = "Its past value is not stored.";

/** Returns ALMA_BAD_ANSWER for the first of these fields that could not be decoded, if any. */
export function findFieldError(
  { key, fieldErrors }: { readonly key: string; readonly fieldErrors: FieldErrors },
  fields: readonly string[],
): AlmaError | undefined {
  const field = fieldErrors && fields.find((name) => fieldErrors[name] !== undefined);
  if (!field) return undefined;
  if (fieldErrors[field] === NOT_STORED_REASON)
    return new AlmaError("NOT_KNOWN_THEN", `${key}.${field}: ${NOT_STORED_REASON}`);
  return new AlmaError("ALMA_BAD_ANSWER", `${key}.${field}: ${fieldErrors[field]} Tell Alma's operator.`);
}

/** Returns whether two JSON values, or all fields of two records, are equal. A field may be undefined. */
export function isSameValue(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  if (typeof first !== "object" || typeof second !== "object" || first === null || second === null)
    return false;
  if (Array.isArray(first) !== Array.isArray(second)) return false;
  const [some, others] = [first as FieldValues, second as FieldValues];
  for (const name in some) if (!isSameValue(some[name], others[name])) return false;
  for (const name in others) if (some[name] === undefined && others[name] !== undefined) return false;
  return true;
}

/** Returns whether a value shows that Alma fills the field. */
export function isShown(value: unknown): boolean {
  return value != null && value !== "" && !(Array.isArray(value) && value.length === 0);
}
