/** Locks by key, per process. Tasks that share a key run one at a time, in the order in which they ask for that key. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Runs the task once no other task holds any of the keys. The keys are locked in sorted order, so that two tasks
   * cannot wait for each other.
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
