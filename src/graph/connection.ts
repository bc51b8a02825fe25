import type { Entry, Kind } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { encodeCursor } from "./cursor.ts";
import type { Handle } from "./handle.ts";
import type { Order, OrderInput } from "./order.ts";
import type { Page, PageInput } from "./page.ts";

/** The arguments that every connection takes. */
export interface ConnectionArgs extends PageInput {
  readonly filter?: object | null;
  readonly orderBy?: readonly OrderInput[] | null;
}

/** A page of records, as its type's resolvers see it. What costs something is made when it is asked for. */
export class Connection<K extends Kind = Kind> {
  /** The versions that were chosen are the versions that are shown. */
  readonly nodes: readonly Handle<K>[];
  readonly totalCount: number;
  readonly #context: GraphContext;
  readonly #page: Page<Entry>;
  readonly #order: Order;
  readonly #asOf: number;

  constructor(context: GraphContext, found: Page<Entry>, order: Order, asOf: number) {
    this.#context = context;
    this.#page = found;
    this.#order = order;
    this.#asOf = asOf;
    this.totalCount = found.totalCount;
    const { reached } = context.work;
    this.nodes = found.rows.map((entry) => context.handle<K>(entry, reached));
  }

  get asOf(): Date | null {
    return this.#context.moment(this.#asOf);
  }

  get edges(): readonly { readonly node: Handle<K>; readonly cursor: string }[] {
    return this.nodes.map((node) => ({ node, cursor: encodeCursor(this.#order, node.entry) }));
  }

  get pageInfo(): { readonly [name: string]: boolean | string | null } {
    const { rows, hasNextPage, hasPreviousPage } = this.#page;
    const cursor = (entry: Entry | undefined) => (entry ? encodeCursor(this.#order, entry) : null);
    return { hasNextPage, hasPreviousPage, startCursor: cursor(rows[0]), endCursor: cursor(rows.at(-1)) };
  }
}
