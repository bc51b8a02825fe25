import type { Entry } from "./entry.ts";
import type { Kind, KindFacts } from "./kind.ts";
import { ReverseIndex } from "./reverse-index.ts";
import { NEVER } from "./source.ts";

/** Records that one refers to: their ids, by link. */
export type Parents = Readonly<Record<string, number>>;

/** To which records those of one kind refer, both ways, and of which of them nobody knows it. */
export class Placement {
  readonly #links: KindFacts<Kind>["links"];
  readonly #indexes: ReadonlyMap<string, ReverseIndex>;
  #strayAt = NEVER;

  constructor(links: KindFacts<Kind>["links"]) {
    this.#links = links;
    this.#indexes = new Map(Object.keys(links).map((link) => [link, new ReverseIndex()]));
  }

  /** All known records that refer to any of the parents by `link`, listed or not. */
  around(link: string, parents: readonly number[]): readonly Entry[] {
    const index = this.#indexes.get(link);
    return index ? parents.flatMap((parent) => index.children(parent)) : [];
  }

  /** To which record one refers by `link`, as far as it is known. */
  parent(link: string, entry: Entry | undefined): number | undefined {
    return entry && this.#indexes.get(link)?.parent(entry);
  }

  /** Takes in that a record refers to what its value says, as of `at`. */
  place(entry: Entry, at: number): void {
    entry.placedAt = at;
    for (const [link, parent] of Object.entries(this.#links)) {
      this.#indexes.get(link)?.move(entry, parent(entry.value) ?? undefined);
    }
  }

  /**
   * Takes in to which records a write that ended at `at` was to make one refer. Of a new one that is all there is to
   * know. Of an old one nobody knows whether Alma did so until it is read, except where it referred to them before.
   */
  refer(entry: Entry, parents: Parents, isNew: boolean, at: number): void {
    const isKnown = entry.unplaced
      ? isNew && Object.keys(this.#links).every((link) => parents[link] !== undefined)
      : Object.entries(parents).every(([link, id]) => this.parent(link, entry) === id);
    if (!isKnown) {
      entry.movedAt = at;
      this.stray(at);
      return;
    }
    entry.placedAt = at;
    for (const [link, id] of Object.entries(parents)) this.#indexes.get(link)?.move(entry, id);
  }

  /** Takes in that as of `at` there may be a record of which nobody knows to what it refers. */
  stray(at: number): void {
    this.#strayAt = Math.max(this.#strayAt, at);
  }

  /** Takes in that a record is remembered no more. One like it would have been named by a list from after that. */
  drop(entry: Entry): void {
    for (const index of this.#indexes.values()) index.move(entry, undefined);
    this.stray(Math.max(entry.movedAt, entry.placedAt));
  }

  /** Whether it is known of every record that a write or a list of `listAt` has told of to which others it refers. */
  complete(listed: readonly Entry[], listAt: number): boolean {
    return listAt > this.#strayAt && !listed.some((entry) => entry.unplaced);
  }
}
