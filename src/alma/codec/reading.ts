/** The fields of a record whose values could not be decoded, each with the reason. */
type FieldErrors<T> = Partial<Record<keyof T, string>>;

/** A decoded record. A field in `fieldErrors` is null in `record`. */
export interface Decoded<T> {
  readonly record: T;
  readonly fieldErrors?: FieldErrors<T>;
}

/** A value that was read, and the clock's time when its request was sent (the last attempt, if it was retried). */
export interface Reading<T> {
  readonly asOf: number;
  readonly value: T;
}

/** A whole list, and how many of its entries have no valid id. */
export interface Listing<T> {
  readonly items: readonly Decoded<T>[];
  readonly malformed: number;
}

/**
 * The result of reading one record. Without a `match`, Alma has no such record, provided that the result is conclusive.
 * It is not if the 404 came from a variant of the path that has never worked in this process, or for an external id
 * that proxies may misread in a path; then the list of the kind decides.
 */
export interface Lookup<T> {
  readonly asOf: number;
  readonly match?: Decoded<T>;
  readonly isConclusive: boolean;
}
