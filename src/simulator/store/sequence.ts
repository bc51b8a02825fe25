/** Numbers given out in order. Two tables may share one: units and rooms draw their ids from one space. */
export class Sequence {
  #next: number;
  readonly #taken = new Set<number>();

  constructor(first: number) {
    this.#next = first;
  }

  /** Takes the next free number, or exactly `wanted`; throws if that one is taken. */
  take(wanted?: number): number {
    const id = wanted ?? this.#next;
    if (this.#taken.has(id))
      throw new Error(`The id ${id} is taken already; leave the id out to get a free one.`);
    this.#taken.add(id);
    this.#next = Math.max(this.#next, id + 1);
    return id;
  }

  /** Lets a removed record's number be given again, but only by asking for it. */
  release(id: number): void {
    this.#taken.delete(id);
  }
}
