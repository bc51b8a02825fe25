/** The reasons why values could not be decoded, by field. */
type FieldErrors<T> = Partial<Record<keyof T, string>>;

/** A decoded record. A field in `fieldErrors` is null in `record`. */
export interface Decoded<T> {
  readonly record: T;
  readonly fieldErrors?: FieldErrors<T>;
}

/** A value, and the time of its request (the last attempt, if retried) by the catalog's clock. */
export interface Reading<T> {
  readonly asOf: number;
  readonly value: T;
}

/** A complete list, and the number of its entries without a valid id. */
export interface Listing<T> {
  readonly items: readonly Decoded<T>[];
  readonly malformed: number;
}

/**
 * The result of reading one record. Without a `match`, Alma has no such record if the result is conclusive. It is
 * inconclusive if the 404 came from a path variant that has never worked in this process, or for an external id that
 * proxies may misread in a path; then the list of the kind decides.
 */
export interface Lookup<T> {
  readonly asOf: number;
  readonly match?: Decoded<T>;
  readonly isConclusive: boolean;
}
