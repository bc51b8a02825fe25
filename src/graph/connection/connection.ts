import type { CachedRecord, Kind, Level } from "../../catalog/index.ts";
import type { OrderInput } from "../argument/order.ts";
import type { Page, PageInput } from "../argument/page.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../record/record-view.ts";

/** The arguments that every connection accepts. */
export interface ConnectionArgs extends PageInput {
  readonly filter?: object | null;
  readonly orderBy?: readonly OrderInput[] | null;
}

/** A page of records: the parent of a connection type's resolvers. Cursors are made only when they are selected. */
export class Connection<K extends Kind = Kind> {
  readonly totalCount: number;
  readonly #nodes: readonly RecordView<K>[];
  readonly #onShown: (() => void) | undefined;
  readonly #context: GraphContext;
  readonly #page: Page<CachedRecord>;
  readonly #cursorOf: (cached: CachedRecord) => string;
  readonly #asOf: number;

  /**
   * `records` are the records of the page that are shown: all of them, unless the page was read again and some no
   * longer belong. `asOf` is the oldest reading behind membership, order and total. `selectedLevelOf` returns the
   * level at which the selection set needs the records of a kind. `onShown` is called when the records are selected.
   */
  constructor(
    context: GraphContext,
    page: Page<CachedRecord>,
    records: readonly CachedRecord[],
    cursorOf: (cached: CachedRecord) => string,
    asOf: number,
    selectedLevelOf: (kind: Kind) => Level,
    onShown: (() => void) | undefined,
  ) {
    this.#context = context;
    this.#page = page;
    this.#cursorOf = cursorOf;
    this.#asOf = asOf;
    this.#onShown = onShown;
    this.totalCount = page.totalCount;
    const { connectionCutoff } = context.operation;
    this.#nodes = records.map((cached) => {
      const view = context.viewOf<K>(cached, connectionCutoff);
      if (!view.hasDetail) view.expectLevel(selectedLevelOf(cached.kind));
      return view;
    });
  }

  get asOf(): Date | null {
    return this.#context.toDate(this.#asOf);
  }

  get nodes(): readonly RecordView<K>[] {
    this.#onShown?.();
    return this.#nodes;
  }

  get edges(): readonly { readonly node: RecordView<K>; readonly cursor: string }[] {
    const cursorOf = this.#cursorOf;
    return this.nodes.map((node) => ({
      node,
      get cursor() {
        return cursorOf(node.record);
      },
    }));
  }

  get pageInfo(): { readonly [name: string]: boolean | string | null } {
    const { rows, hasNextPage, hasPreviousPage } = this.#page;
    const cursor = (cached: CachedRecord | undefined) => (cached ? this.#cursorOf(cached) : null);
    return { hasNextPage, hasPreviousPage, startCursor: cursor(rows[0]), endCursor: cursor(rows.at(-1)) };
  }
}
