/** A value that may have to be waited for. What is known is passed on at once: a promise per field is what costs. */
export type PromiseOrValue<T> = T | Promise<T>;

/**
 * Goes on with a value as soon as it is there: now, if it is there now. (Not called `then`: a module that exports that
 * name passes for a promise.)
 */
export function mapPromiseOrValue<T, R>(
  value: PromiseOrValue<T>,
  mapper: (value: T) => PromiseOrValue<R>,
): PromiseOrValue<R> {
  return value instanceof Promise ? value.then(mapper) : mapper(value);
}

/** Waits for all of them, if any has to be waited for. */
export function allPromisesOrValues(values: readonly PromiseOrValue<unknown>[]): PromiseOrValue<void> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values).then(() => {}) : undefined;
}
