/** Lets work on the same thing be done one at a time, in the order of arrival. Per process. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Does the work when all work that holds any of the keys is over. Keys are taken in one order: no two can block each
   * other.
   */
  runExclusive<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const [key, ...rest] = [...new Set(keys)].sort();
    return key === undefined ? task() : this.#runExclusiveOn(key, () => this.runExclusive(rest, task));
  }

  #runExclusiveOn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(task);
    const tail = result.then(
      () => {},
      () => {},
    );
    this.#tails.set(key, tail);
    tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }
}
