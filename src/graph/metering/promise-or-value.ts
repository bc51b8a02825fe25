/** A value, or a promise of it. A known value is passed on at once, since a promise for each field is expensive. */
export type PromiseOrValue<T> = T | Promise<T>;

/** Whether a value is a promise by the rule of graphql-js: whatever has a `then`. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** Maps a value at once if it is known, otherwise when its promise resolves. */
export function mapPromiseOrValue<T, R>(
  value: PromiseOrValue<T>,
  mapper: (value: T) => PromiseOrValue<R>,
): PromiseOrValue<R> {
  return value instanceof Promise ? value.then(mapper) : mapper(value);
}

/**
 * Maps several values at once if all of them are known, otherwise when their promises resolve. A caller can write steps
 * that may have to wait as successive constants, and combine them at the end.
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

/** Waits for all of the promises, if there are any. */
export function allPromisesOrValues(values: readonly PromiseOrValue<unknown>[]): PromiseOrValue<void> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values).then(() => {}) : undefined;
}
