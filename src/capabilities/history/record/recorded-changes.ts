import type { Change, ScopeOfField } from "../../../catalog/index.ts";

/** The changes of all records, as the records know them. */
export interface RecordedChanges {
  /** Changes that ended until then may be forgotten. */
  readonly forgottenUntil: number;
  readonly scopeOf: ScopeOfField;
  /** A time of the catalog's clock by the wall clock. */
  readonly dateOf: (at: number) => number;
  /** The last change of a field of a record; of the record as a whole, if `field` is null. */
  last(key: string, field: string | null): Change | undefined;
  add(change: Change): void;
  /** The time at which a record is forgotten now; undefined where that follows another process. */
  forgetsAt(): number | undefined;
}

/**
 * Changes of these fields are no fields that records show: whether a list names a record, and, for views of the past
 * alone, a value of which the text does not tell all (`exactField`), and what was known of a record that is forgotten.
 */
export const LISTED = "#listed";
export const KNOWN = "#known";

/** The name under which the exact value of a field is remembered, as JSON. */
export const exactField = (field: string): string => `#${field}`;
