import type { Entry, Kind } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { Handle } from "./handle.ts";
import type { OrderInput } from "./order.ts";
import type { Page, PageInput } from "./page.ts";

/** The arguments that every connection takes. */
export interface ConnectionArgs extends PageInput {
  readonly filter?: object | null;
  readonly orderBy?: readonly OrderInput[] | null;
}

/** A page of records, as its type's resolvers see it. What costs something is made when it is asked for. */
export class Connection<K extends Kind = Kind> {
  readonly nodes: readonly Handle<K>[];
  readonly totalCount: number;
  readonly #context: GraphContext;
  readonly #page: Page<Entry>;
  readonly #cursorOf: (entry: Entry) => string;
  readonly #asOf: number;

  /**
   * A page as it was chosen, and those of its records that are shown: all of them, unless they have been read again
   * since. The cursors are those of the choice.
   */
  constructor(
    context: GraphContext,
    chosen: Page<Entry>,
    shown: readonly Entry[],
    cursorOf: (entry: Entry) => string,
    asOf: number,
  ) {
    this.#context = context;
    this.#page = chosen;
    this.#cursorOf = cursorOf;
    this.#asOf = asOf;
    this.totalCount = chosen.totalCount;
    const { reached } = context.work;
    this.nodes = shown.map((entry) => context.handle<K>(entry, reached));
  }

  get asOf(): Date | null {
    return this.#context.moment(this.#asOf);
  }

  get edges(): readonly { readonly node: Handle<K>; readonly cursor: string }[] {
    return this.nodes.map((node) => ({ node, cursor: this.#cursorOf(node.entry) }));
  }

  get pageInfo(): { readonly [name: string]: boolean | string | null } {
    const { rows, hasNextPage, hasPreviousPage } = this.#page;
    const cursor = (entry: Entry | undefined) => (entry ? this.#cursorOf(entry) : null);
    return { hasNextPage, hasPreviousPage, startCursor: cursor(rows[0]), endCursor: cursor(rows.at(-1)) };
  }
}
