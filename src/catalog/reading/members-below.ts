import type { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { ReverseIndex } from "../store/reverse-index.ts";
import type { Table } from "../store/table.ts";

/**
 * The members behind a reverse edge, for any parent: everything is known that decides them, and no record is left out
 * that may be one. It holds until something changes in their table.
 */
export class MembersBelow {
  /** When the oldest reading behind membership, order and absence was made. */
  readonly asOf: number;
  readonly #table: Table;
  readonly #index: ReverseIndex;
  /** Records that have gone since the list named them. */
  readonly #excluded: ReadonlySet<CachedRecord>;
  readonly #version: number;
  readonly #listFailure: { readonly error: AlmaError } | undefined;

  constructor(table: Table, relation: string, excluded: ReadonlySet<CachedRecord>, asOf: number) {
    this.asOf = asOf;
    this.#table = table;
    this.#index = table.relationIndex.of(relation);
    this.#excluded = excluded;
    this.#version = table.version;
    this.#listFailure = table.listFailure;
  }

  /** Whether nothing has changed. What has changed once never holds again. */
  get isCurrent(): boolean {
    return this.#table.version === this.#version && this.#table.listFailure === this.#listFailure;
  }

  /** The members below a parent, the highest id first. */
  of(parent: number): CachedRecord[] {
    const members: CachedRecord[] = [];
    for (const child of this.#index.children(parent))
      if (child.isListed && !this.#excluded.has(child)) members.push(child);
    return members;
  }
}
