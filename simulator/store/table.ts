import type { Sequence } from "./sequence.ts";

type Index = Map<unknown, Set<number>>;

/**
 * The records of one kind, in memory, with indexes by field. Rows are immutable: a change replaces the row. Changes
 * take effect with the next request and are not checked against Alma's rules.
 */
export class Table<T extends { readonly id: number }> {
  readonly #rows = new Map<number, T>();
  readonly #indexes = new Map<keyof T, Index>();
  readonly #ids: Sequence;
  readonly #defaults: () => Omit<T, "id">;

  constructor(ids: Sequence, defaults: () => Omit<T, "id">) {
    this.#ids = ids;
    this.#defaults = defaults;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Adds a record. Fields that the draft leaves out get defaults; a missing id is the next free number. */
  insert(draft: Partial<T> = {}): T {
    const id = this.#ids.take(draft.id);
    const row = { ...this.#defaults(), ...draft, id } as unknown as T;
    this.#rows.set(id, row);
    for (const [field, index] of this.#indexes) addToIndex(index, row[field], id);
    return row;
  }

  /** Changes some fields of a record. Throws if there is no such record. */
  change(id: number, patch: Partial<Omit<T, "id">>): T {
    const before = this.#rows.get(id);
    if (!before) throw new Error(`There is no record ${id} to change.`);
    const row: T = { ...before, ...patch };
    this.#rows.set(id, row);
    for (const [field, index] of this.#indexes) {
      if (before[field] === row[field]) continue;
      index.get(before[field])?.delete(id);
      addToIndex(index, row[field], id);
    }
    return row;
  }

  /** Removes a record, which the API cannot do. References to it remain. */
  remove(id: number): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.delete(id);
    this.#ids.release(id);
    for (const [field, index] of this.#indexes) index.get(row[field])?.delete(id);
  }

  get(id: number | null | undefined): T | undefined {
    return id == null ? undefined : this.#rows.get(id);
  }

  /** All records, highest id first. */
  all(): T[] {
    return [...this.#rows.values()].sort((a, b) => b.id - a.id);
  }

  /** The records with this value in a field, highest id first. */
  by<K extends keyof T>(field: K, value: T[K]): T[] {
    const ids = this.#index(field).get(value) ?? [];
    return [...ids].sort((a, b) => b - a).map((id) => this.#rows.get(id) as T);
  }

  #index(field: keyof T): Index {
    const existing = this.#indexes.get(field);
    if (existing) return existing;
    const index: Index = new Map();
    for (const row of this.#rows.values()) addToIndex(index, row[field], row.id);
    this.#indexes.set(field, index);
    return index;
  }
}

function addToIndex(index: Index, value: unknown, id: number): void {
  const ids = index.get(value);
  if (ids) ids.add(id);
  else index.set(value, new Set([id]));
}
