import type { CachedRecord } from "../record/cached-record.ts";
import type { KindDefinition } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import { ReverseIndex } from "./reverse-index.ts";

/** The ids of the records that a record refers to, by relation. */
export type ParentIds = Readonly<Record<string, number>>;

/** The relations of the records of one kind, in both directions, and whether they are known of all these records. */
export class RelationIndex {
  /** Remembered records whose relations are unknown, so that they may refer to any record. */
  readonly unknown = new Set<CachedRecord>();
  readonly #relations: KindDefinition["relations"];
  readonly #indexes: ReadonlyMap<string, ReverseIndex>;
  /** When there last may have been a record, other than the remembered ones, whose relations are unknown. */
  unknownAt = NEVER;

  constructor(relations: KindDefinition["relations"]) {
    this.#relations = relations;
    this.#indexes = new Map(Object.keys(relations).map((relation) => [relation, new ReverseIndex()]));
  }

  /** The index of one relation. Throws if the kind has no such relation. */
  of(relation: string): ReverseIndex {
    const index = this.#indexes.get(relation);
    if (!index) throw new Error(`There is no relation "${relation}" here: ask by a name of the declaration.`);
    return index;
  }

  /** All known records that refer to any of the parents by a relation, listed or not. */
  referrers(relation: string, parents: readonly number[]): readonly CachedRecord[] {
    const index = this.#indexes.get(relation);
    return index ? parents.flatMap((parent) => index.children(parent)) : [];
  }

  /** The id of the record that a record refers to by a relation, if it is known. */
  parent(relation: string, cached: CachedRecord | undefined): number | undefined {
    return cached && this.#indexes.get(relation)?.parent(cached);
  }

  /**
   * The id of the record that a record referred to by a relation when it was last read; null if to none, undefined if
   * that is not known.
   */
  lastParent(relation: string, cached: CachedRecord): number | null | undefined {
    const field = this.#relations[relation]?.field;
    if (cached.hasUnknownRelations || (field !== undefined && cached.fieldErrors?.[field])) return undefined;
    return this.parent(relation, cached) ?? null;
  }

  /** Indexes a record by the relations in its value, which was read at `at`. */
  indexRecord(cached: CachedRecord, at: number): void {
    cached.markRelationsKnown(at);
    this.setParents(cached, this.parentsIn(cached));
  }

  /** What a record refers to by its value. */
  parentsIn({ value }: CachedRecord): ParentIds {
    const parents: Record<string, number> = {};
    for (const [relation, { idOf }] of Object.entries(this.#relations)) {
      const id = idOf(value);
      if (id != null) parents[relation] = id;
    }
    return parents;
  }

  /** What a record refers to by the index. */
  parentsOf(cached: CachedRecord): ParentIds {
    const parents: Record<string, number> = {};
    for (const [relation, index] of this.#indexes) {
      const id = index.parent(cached);
      if (id !== undefined) parents[relation] = id;
    }
    return parents;
  }

  /** Notes all that a record refers to. */
  setParents(cached: CachedRecord, parents: ParentIds): void {
    for (const [relation, index] of this.#indexes) index.setParent(cached, parents[relation]);
  }

  /**
   * Applies the relations in a write that ended at `at`. The relations of a new record are known if the write has all
   * of them. Those of an existing record are unknown until it is read again, unless the write repeats the known ones.
   */
  setRelations(cached: CachedRecord, parents: ParentIds, isNew: boolean, at: number): void {
    const isKnown = cached.hasUnknownRelations
      ? isNew && Object.keys(this.#relations).every((relation) => parents[relation] !== undefined)
      : Object.entries(parents).every(([relation, id]) => this.parent(relation, cached) === id);
    if (!isKnown) {
      cached.markRelationsInvalidated(at);
      this.addUnknown(at);
      return;
    }
    cached.markRelationsKnown(at);
    for (const [relation, id] of Object.entries(parents)) this.#indexes.get(relation)?.setParent(cached, id);
  }

  /** Notes that at `at` there may be a record whose relations are unknown. */
  addUnknown(at: number): void {
    this.unknownAt = Math.max(this.unknownAt, at);
  }

  /** Removes a record that is evicted. The index is complete again only from the next list on. */
  remove(cached: CachedRecord): void {
    this.unknown.delete(cached);
    for (const index of this.#indexes.values()) index.setParent(cached, undefined);
    this.addUnknown(Math.max(cached.relationsInvalidatedAt, cached.relationsKnownAt));
  }

  /** Whether the relations are known of every record that a write, or the list read at `listAt`, has named. */
  isComplete(listAt: number): boolean {
    if (listAt <= this.unknownAt) return false;
    for (const { isListed } of this.unknown) if (isListed) return false;
    return true;
  }
}
