/** Before every time of the clock. */
export const NEVER = Number.NEGATIVE_INFINITY;

/** Values by field. The catalog does not know the types of fields; `KnownFields` has them for its users. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** Why Alma's answer for a field is unreadable, by field. */
export type FieldErrors = Readonly<Record<string, string | undefined>> | undefined;

/** Fields as one answer shows them. */
export interface Source {
  readonly values: FieldValues;
  readonly fieldErrors: FieldErrors;
}
