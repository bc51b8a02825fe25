import type { CachedRecord } from "./cached-record.ts";
import type { KindDefinition } from "./kind.ts";
import { ReverseIndex } from "./reverse-index.ts";
import { NEVER } from "./source.ts";

/** Records that one refers to: their ids, by link. */
export type ParentIds = Readonly<Record<string, number>>;

/** To which records those of one kind refer, both ways, and of which of them nobody knows it. */
export class RelationIndex {
  readonly #relations: KindDefinition["relations"];
  readonly #indexes: ReadonlyMap<string, ReverseIndex>;
  #unknownAt = NEVER;

  constructor(relations: KindDefinition["relations"]) {
    this.#relations = relations;
    this.#indexes = new Map(Object.keys(relations).map((relation) => [relation, new ReverseIndex()]));
  }

  /** All known records that refer to any of the parents by `link`, listed or not. */
  referrers(relation: string, parents: readonly number[]): readonly CachedRecord[] {
    const index = this.#indexes.get(relation);
    return index ? parents.flatMap((parent) => index.children(parent)) : [];
  }

  /** To which record one refers by `link`, as far as it is known. */
  parent(relation: string, cached: CachedRecord | undefined): number | undefined {
    return cached && this.#indexes.get(relation)?.parent(cached);
  }

  /** Takes in that a record refers to what its value says, as of `at`. */
  indexRecord(cached: CachedRecord, at: number): void {
    cached.relationsKnownAt = at;
    for (const [relation, { idOf }] of Object.entries(this.#relations)) {
      this.#indexes.get(relation)?.setParent(cached, idOf(cached.value) ?? undefined);
    }
  }

  /**
   * Takes in to which records a write that ended at `at` was to make one refer. Of a new one that is all there is to
   * know. Of an old one nobody knows whether Alma did so until it is read, except where it referred to them before.
   */
  setRelations(cached: CachedRecord, parents: ParentIds, isNew: boolean, at: number): void {
    const isKnown = cached.hasUnknownRelations
      ? isNew && Object.keys(this.#relations).every((relation) => parents[relation] !== undefined)
      : Object.entries(parents).every(([relation, id]) => this.parent(relation, cached) === id);
    if (!isKnown) {
      cached.relationsInvalidatedAt = at;
      this.addUnknown(at);
      return;
    }
    cached.relationsKnownAt = at;
    for (const [relation, id] of Object.entries(parents)) this.#indexes.get(relation)?.setParent(cached, id);
  }

  /** Takes in that as of `at` there may be a record of which nobody knows to what it refers. */
  addUnknown(at: number): void {
    this.#unknownAt = Math.max(this.#unknownAt, at);
  }

  /** Takes in that a record is remembered no more. One like it would have been named by a list from after that. */
  remove(cached: CachedRecord): void {
    for (const index of this.#indexes.values()) index.setParent(cached, undefined);
    this.addUnknown(Math.max(cached.relationsInvalidatedAt, cached.relationsKnownAt));
  }

  /** Whether it is known of every record that a write or a list of `listAt` has told of to which others it refers. */
  isComplete(listed: readonly CachedRecord[], listAt: number): boolean {
    return listAt > this.#unknownAt && !listed.some((cached) => cached.hasUnknownRelations);
  }
}
