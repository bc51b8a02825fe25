import type { CachedRecord } from "./cached-record.ts";

/** From a parent's id to the records that refer to it, the highest id first. */
export class ReverseIndex {
  readonly #children = new Map<number, CachedRecord[]>();
  readonly #parents = new Map<CachedRecord, number>();

  /** The records that refer to `parent`. The array belongs to the index: it must not be kept or changed. */
  children(parent: number): readonly CachedRecord[] {
    return this.#children.get(parent) ?? [];
  }

  /** The id of the record that `cached` refers to. */
  parent(cached: CachedRecord): number | undefined {
    return this.#parents.get(cached);
  }

  /** Notes that `cached` now refers to `parent`, or to nothing. */
  setParent(cached: CachedRecord, parent: number | undefined): void {
    const previous = this.#parents.get(cached);
    if (previous === parent) return;
    if (previous !== undefined) {
      const siblings = (this.#children.get(previous) ?? []).filter((child) => child !== cached);
      if (siblings.length > 0) this.#children.set(previous, siblings);
      else this.#children.delete(previous);
      this.#parents.delete(cached);
    }
    if (parent === undefined) return;
    this.#parents.set(cached, parent);
    const siblings = this.#children.get(parent);
    if (!siblings) {
      this.#children.set(parent, [cached]);
      return;
    }
    const index = siblings.findIndex((child) => child.id < cached.id);
    siblings.splice(index === -1 ? siblings.length : index, 0, cached);
  }
}
