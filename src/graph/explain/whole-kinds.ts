import { type Kind, kinds, NEVER } from "../../catalog/index.ts";
import type { Filter } from "../argument/filter.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Reads that tell whether an Alma id is a unit's or a room's. */
export const CALLS_OF_KIND = 2;

/** Of which kinds a query may have to read the list, and every record: at most the calls that this takes. */
export class WholeKinds {
  readonly #context: GraphContext;
  readonly #isComplete = new Map<Kind, boolean>();
  /** The kinds of which every record may have to be read. */
  readonly #whole = new Set<Kind>();
  /** The kinds whose list may have to be read. */
  readonly #lists = new Set<Kind>();
  #callsForUnlisted = 0;

  constructor(context: GraphContext) {
    this.#context = context;
  }

  /** At most the calls for lists and records. `countOf`: how many records of a kind are read where not all are. */
  count(countOf: (kind: Kind) => number): number {
    const { tables } = this.#context.catalog.store;
    let calls = this.#callsForUnlisted + this.#lists.size;
    for (const kind of kinds) {
      const { size, listAt } = tables[kind];
      const known = Number.isFinite(listAt) ? size : Number.POSITIVE_INFINITY;
      calls += this.#whole.has(kind) ? known : Math.min(countOf(kind), known);
    }
    return calls;
  }

  mayReadList(kind: Kind): void {
    this.#lists.add(kind);
  }

  mayReadAll(kind: Kind): void {
    if (this.isComplete(kind)) return;
    this.#lists.add(kind);
    this.#whole.add(kind);
  }

  /** Records of a kind may lead to others that no list names, and that have to be read. */
  mayLeadToUnlisted(kind: Kind): void {
    if (!this.#isUnlistedKnown)
      this.#callsForUnlisted += CALLS_OF_KIND * this.#context.catalog.store.tables[kind].size;
  }

  /** All records to which the links of a filter may lead, and those that no list names, may have to be read. */
  mayFollow(kind: Kind, { links }: Pick<Filter, "links">): void {
    for (const { linked, relation } of links) {
      if (relation !== undefined) this.mayLeadToUnlisted(kind);
      for (const source of linked.sources) {
        this.mayReadAll(source.kind);
        this.mayFollow(source.kind, source.filter);
      }
    }
  }

  /** Whether connections of a kind need no reads to know what belongs to them. */
  isComplete(kind: Kind): boolean {
    const { catalog, operation } = this.#context;
    const isComplete = this.#isComplete.get(kind) ?? catalog.isComplete(operation, kind);
    this.#isComplete.set(kind, isComplete);
    return isComplete;
  }

  /** Whether records of a kind, reached from a connection, are not read again. */
  isFresh(kind: Kind): boolean {
    const { operation } = this.#context;
    const cutoff = operation.cutoffOf(kind, operation.connectionCutoff);
    return cutoff === NEVER && this.#isUnlistedKnown && this.isComplete(kind);
  }

  get #isUnlistedKnown(): boolean {
    const { catalog, operation } = this.#context;
    const { unlisted } = catalog.progress();
    return operation.indexCutoff === NEVER && unlisted?.read === unlisted?.of;
  }
}
