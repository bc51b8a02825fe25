import type { CachedRecord } from "../record/cached-record.ts";

/** From a parent's id to the records that refer to it by one relation, the highest id first. */
export class ReverseIndex {
  /**
   * Parents of which no record with known relations is remembered; as of the last settling (see `createStateKeeper`).
   */
  readonly unreadParents = new Set<number>();
  readonly #children = new Map<number, CachedRecord[]>();
  readonly #parents = new Map<CachedRecord, number>();
  /** Parents that have won or lost a child since they were last taken. */
  #moved = new Set<number>();

  /** The records that refer to `parent`. The array belongs to the index: it must not be kept or changed. */
  children(parent: number): readonly CachedRecord[] {
    return this.#children.get(parent) ?? [];
  }

  /** The id of the record that `cached` refers to. */
  parent(cached: CachedRecord): number | undefined {
    return this.#parents.get(cached);
  }

  /** The ids of all records that others refer to. */
  parents(): Iterable<number> {
    return this.#children.keys();
  }

  /** Takes the parents that have won or lost a child since the last call. */
  takeMoved(): Iterable<number> {
    const moved = this.#moved;
    if (moved.size > 0) this.#moved = new Set();
    return moved;
  }

  /** Notes that `cached` now refers to `parent`, or to nothing. */
  setParent(cached: CachedRecord, parent: number | undefined): void {
    const previous = this.#parents.get(cached);
    if (previous === parent) return;
    if (previous !== undefined) {
      this.#moved.add(previous);
      const siblings = (this.#children.get(previous) ?? []).filter((child) => child !== cached);
      if (siblings.length > 0) this.#children.set(previous, siblings);
      else this.#children.delete(previous);
      this.#parents.delete(cached);
    }
    if (parent === undefined) return;
    this.#moved.add(parent);
    this.#parents.set(cached, parent);
    const siblings = this.#children.get(parent);
    if (!siblings) {
      this.#children.set(parent, [cached]);
      return;
    }
    let [start, end] = [0, siblings.length];
    while (start < end) {
      const middle = (start + end) >> 1;
      if ((siblings[middle] as CachedRecord).id < cached.id) end = middle;
      else start = middle + 1;
    }
    siblings.splice(start, 0, cached);
  }
}
