/** Ids below this number are bits of an array, which takes half a megabyte if one of them is the last. */
const DENSE = 2 ** 22;

/** A set of Alma ids. These are mostly small, so that a bit each tells faster than a Set which of them there are. */
export class IdSet {
  #bits = new Uint32Array(64);
  readonly #others = new Set<number>();

  add(id: number): void {
    if (id < 0 || id >= DENSE) {
      this.#others.add(id);
      return;
    }
    const index = id >>> 5;
    if (index >= this.#bits.length) {
      const grown = new Uint32Array(Math.max(index + 1, this.#bits.length * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[index] = (this.#bits[index] as number) | (1 << (id & 31));
  }

  /** Whether a number is one of the ids; NaN is none. */
  has(id: number): boolean {
    if (id >= 0 && id < DENSE) return (((this.#bits[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
    return this.#others.has(id);
  }
}
