/** Ids below this number become bits of an array, which then takes half a megabyte at most. */
const DENSE = 2 ** 22;
/** So many ids are few: they stay members of a Set. */
const FEW = 512;

/** A set of Alma ids. These are mostly small, so that of many a bit each tells faster than a Set which there are. */
export class IdSet {
  #bits: Uint32Array | undefined;
  readonly #others = new Set<number>();

  add(id: number): void {
    if (this.#bits && id >= 0 && id < DENSE) this.#setBit(this.#bits, id);
    else if (this.#others.add(id).size > FEW && !this.#bits) this.#makeBits();
  }

  /** Whether a number is one of the ids; NaN is none. */
  has(id: number): boolean {
    if (this.#bits && id >= 0 && id < DENSE) return (((this.#bits[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
    return this.#others.has(id);
  }

  #setBit(bits: Uint32Array, id: number) {
    const index = id >>> 5;
    let target = bits;
    if (index >= bits.length) {
      target = new Uint32Array(Math.max(index + 1, bits.length * 2));
      target.set(bits);
      this.#bits = target;
    }
    target[index] = (target[index] as number) | (1 << (id & 31));
  }

  #makeBits() {
    const all = [...this.#others];
    this.#others.clear();
    this.#bits = new Uint32Array(64);
    for (const id of all) this.add(id);
  }
}
