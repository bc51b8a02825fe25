/** Lets work on the same thing be done one at a time, in the order of arrival. Per process. */
export class Locks {
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Does the work when all work that holds any of the keys is over. Keys are taken in one order: no two can block each
   * other.
   */
  hold<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [key, ...rest] = [...new Set(keys)].sort();
    return key === undefined ? work() : this.#holdOne(key, () => this.hold(rest, work));
  }

  #holdOne<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#tails.get(key) ?? Promise.resolve()).then(work);
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
