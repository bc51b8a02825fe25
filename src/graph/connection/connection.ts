import type { CachedRecord, Kind } from "../../catalog/index.ts";
import type { OrderInput } from "../argument/order.ts";
import type { Page, PageInput } from "../argument/page.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../record/record-view.ts";

/** The arguments that every connection takes. */
export interface ConnectionArgs extends PageInput {
  readonly filter?: object | null;
  readonly orderBy?: readonly OrderInput[] | null;
}

/** A page of records, as its type's resolvers see it. What costs something is made when it is asked for. */
export class Connection<K extends Kind = Kind> {
  readonly nodes: readonly RecordView<K>[];
  readonly totalCount: number;
  readonly #context: GraphContext;
  readonly #page: Page<CachedRecord>;
  readonly #cursorOf: (cached: CachedRecord) => string;
  readonly #asOf: number;

  /**
   * A page as it was chosen, and those of its records that are shown: all of them, unless they have been read again
   * since. The cursors are those of the choice.
   */
  constructor(
    context: GraphContext,
    page: Page<CachedRecord>,
    records: readonly CachedRecord[],
    cursorOf: (cached: CachedRecord) => string,
    asOf: number,
  ) {
    this.#context = context;
    this.#page = page;
    this.#cursorOf = cursorOf;
    this.#asOf = asOf;
    this.totalCount = page.totalCount;
    const { connectionCutoff } = context.operation;
    this.nodes = records.map((cached) => context.viewOf<K>(cached, connectionCutoff));
  }

  get asOf(): Date | null {
    return this.#context.toDate(this.#asOf);
  }

  get edges(): readonly { readonly node: RecordView<K>; readonly cursor: string }[] {
    return this.nodes.map((node) => ({ node, cursor: this.#cursorOf(node.record) }));
  }

  get pageInfo(): { readonly [name: string]: boolean | string | null } {
    const { rows, hasNextPage, hasPreviousPage } = this.#page;
    const cursor = (cached: CachedRecord | undefined) => (cached ? this.#cursorOf(cached) : null);
    return { hasNextPage, hasPreviousPage, startCursor: cursor(rows[0]), endCursor: cursor(rows.at(-1)) };
  }
}
