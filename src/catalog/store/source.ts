/** Before every time of the clock. */
export const NEVER = Number.NEGATIVE_INFINITY;

/** Fields by name. The records' own types are given back at the catalog's edge. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** Reasons by field. */
export type FieldErrors = Readonly<Record<string, string | undefined>> | undefined;

/** Fields as one answer showed them. */
export interface Source {
  readonly values: FieldValues;
  readonly fieldErrors: FieldErrors;
}
