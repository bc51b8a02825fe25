/** A value, or a promise of it. A known value is passed on at once: a promise for each field is what costs time. */
export type PromiseOrValue<T> = T | Promise<T>;

/** Whether a value is a promise by the rule of graphql-js: whatever has a `then`. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** Maps a value at once if it is known, else when its promise resolves. */
export function mapPromiseOrValue<T, R>(
  value: PromiseOrValue<T>,
  mapper: (value: T) => PromiseOrValue<R>,
): PromiseOrValue<R> {
  return value instanceof Promise ? value.then(mapper) : mapper(value);
}

/**
 * Maps several values at once if all of them are known, else when their promises resolve. So steps that may have to
 * wait are written one below the other, each as a constant, and the last one is given what it needs of them.
 */
export function mapPromisesOrValues<T extends readonly unknown[] | [], R>(
  values: T,
  mapper: (...values: { -readonly [I in keyof T]: Awaited<T[I]> }) => PromiseOrValue<R>,
): PromiseOrValue<R> {
  type Known = { -readonly [I in keyof T]: Awaited<T[I]> };
  for (const value of values)
    if (value instanceof Promise) return Promise.all(values).then((known) => mapper(...(known as Known)));
  return mapper(...(values as unknown as Known));
}

/** Waits for all of the promises, if there are any. */
export function allPromisesOrValues(values: readonly PromiseOrValue<unknown>[]): PromiseOrValue<void> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values).then(() => {}) : undefined;
}
