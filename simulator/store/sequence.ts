/** A sequence of ids. Tables may share a sequence, as units and rooms do. */
export class Sequence {
  #next: number;
  readonly #taken = new Set<number>();

  constructor(first: number) {
    this.#next = first;
  }

  /** Takes the next free id, or `wanted`. Throws if `wanted` is taken. */
  take(wanted?: number): number {
    const id = wanted ?? this.#next;
    if (this.#taken.has(id))
      throw new Error(`The id ${id} is taken already; leave the id out to get a free one.`);
    this.#taken.add(id);
    this.#next = Math.max(this.#next, id + 1);
    return id;
  }

  /** Frees the id of a removed record. Only `take` with this id uses it again. */
  release(id: number): void {
    this.#taken.delete(id);
  }
}
