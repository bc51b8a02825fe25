import type { Entry } from "./entry.ts";

/** From a parent's id to the records that refer to it, newest (highest id) first. */
export class ReverseIndex {
  readonly #children = new Map<number, Entry[]>();
  readonly #parents = new Map<Entry, number>();

  /** The records that refer to `parent`. The array is the index's own: read it, do not keep it. */
  children(parent: number): readonly Entry[] {
    return this.#children.get(parent) ?? [];
  }

  /** The record that `entry` refers to. */
  parent(entry: Entry): number | undefined {
    return this.#parents.get(entry);
  }

  /** Records that `entry` now refers to `parent`, or to nothing. */
  move(entry: Entry, parent: number | undefined): void {
    const before = this.#parents.get(entry);
    if (before === parent) return;
    if (before !== undefined) {
      const siblings = (this.#children.get(before) ?? []).filter((child) => child !== entry);
      if (siblings.length > 0) this.#children.set(before, siblings);
      else this.#children.delete(before);
      this.#parents.delete(entry);
    }
    if (parent === undefined) return;
    this.#parents.set(entry, parent);
    const siblings = this.#children.get(parent);
    if (!siblings) {
      this.#children.set(parent, [entry]);
      return;
    }
    const place = siblings.findIndex((child) => child.id < entry.id);
    siblings.splice(place === -1 ? siblings.length : place, 0, entry);
  }
}
