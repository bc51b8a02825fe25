/** The waiting values of one owner, in order of arrival. */
class Queue<T> {
  readonly values = new Set<T>();
  readonly #order = this.values.values();

  take(): T | undefined {
    const { value } = this.#order.next();
    if (value !== undefined) this.values.delete(value);
    return value;
  }
}

/**
 * A queue that serves its owners in turn, and the values of one owner in order of arrival. It remembers an owner only
 * while one of its values waits; after that, the owner is served after all who wait. Values are unique and not
 * undefined. All operations except `owners` take constant time: an order is a Map or Set with one iterator that stays
 * at its head; a new iterator would skip all removed entries each time.
 */
export class FairQueue<T> {
  /** The queues in serving order. */
  readonly #queues = new Map<string, Queue<T>>();
  readonly #order = this.#queues.keys();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns the number of waiting values of an owner. */
  lengthOf(owner: string): number {
    return this.#queues.get(owner)?.values.size ?? 0;
  }

  /** Returns the owners of waiting values, in serving order. */
  owners(): Iterable<string> {
    return this.#queues.keys();
  }

  add(owner: string, value: T): void {
    const queue = this.#queues.get(owner) ?? new Queue<T>();
    this.#queues.set(owner, queue);
    queue.values.add(value);
    this.#length++;
  }

  /** Removes a value, if it is still there. */
  remove(owner: string, value: T): void {
    const queue = this.#queues.get(owner);
    if (!queue?.values.delete(value)) return;
    this.#length--;
    if (queue.values.size === 0) this.#queues.delete(owner);
  }

  /** Removes and returns the next value; undefined if empty. */
  next(): T | undefined {
    // At the end of an order, its iterator would stay there.
    const owner = this.#length > 0 ? this.#order.next().value : undefined;
    return owner === undefined ? undefined : this.take(owner);
  }

  /** Removes and returns the oldest value of an owner, who is then served after all others. */
  take(owner: string): T | undefined {
    const queue = this.#queues.get(owner);
    const value = queue?.take();
    if (queue === undefined || value === undefined) return undefined;
    this.#length--;
    this.#queues.delete(owner);
    if (queue.values.size > 0) this.#queues.set(owner, queue);
    return value;
  }
}
