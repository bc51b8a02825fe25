/** A value or a promise of one. Known values are passed on synchronously, since a promise per field is expensive. */
export type PromiseOrValue<T> = T | Promise<T>;

/** Returns whether a value has a `then`, the rule of graphql-js. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** Maps a value, synchronously if it is known. */
export function mapPromiseOrValue<T, R>(
  value: PromiseOrValue<T>,
  mapper: (value: T) => PromiseOrValue<R>,
): PromiseOrValue<R> {
  return value instanceof Promise ? value.then(mapper) : mapper(value);
}

/**
 * Maps several values, synchronously if all are known. Write steps that may have to wait as separate constants, and
 * combine them at the end.
 */
export function mapPromisesOrValues<T extends readonly unknown[] | [], R>(
  values: T,
  mapper: (...values: { -readonly [I in keyof T]: Awaited<T[I]> }) => PromiseOrValue<R>,
): PromiseOrValue<R> {
  type Known = { -readonly [I in keyof T]: Awaited<T[I]> };
  for (const value of values)
    if (value instanceof Promise) return Promise.all(values).then((known) => mapper(...known));
  return mapper(...(values as Known));
}

/** Waits for all promises, if there are any. */
export function allPromisesOrValues(values: readonly PromiseOrValue<unknown>[]): PromiseOrValue<void> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values).then(() => {}) : undefined;
}
