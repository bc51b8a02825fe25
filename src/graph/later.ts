/** A value that may have to be waited for. What is known is passed on at once: a promise per field is what costs. */
export type Later<T> = T | Promise<T>;

/**
 * Goes on with a value as soon as it is there: now, if it is there now. (Not called `then`: a module that exports that
 * name passes for a promise.)
 */
export function after<T, R>(value: Later<T>, go: (value: T) => Later<R>): Later<R> {
  return value instanceof Promise ? value.then(go) : go(value);
}

/** Waits for all of them, if any has to be waited for. */
export function all(values: readonly Later<unknown>[]): Later<void> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values).then(() => {}) : undefined;
}
