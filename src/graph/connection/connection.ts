import type { CachedRecord, Kind, Level } from "../../catalog/index.ts";
import { type Page, type PageInfo, pageInfoOf } from "../argument/page.ts";
import type { Groups } from "../group/resolve-groups.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { RecordView } from "../view/record-view.ts";

/** A page of a connection's records. */
interface ConnectionPage {
  readonly page: Page<CachedRecord>;
  /** The records that are shown: all of the page, unless it was read again and some no longer belong. */
  readonly records: readonly CachedRecord[];
  readonly cursorOf: (cached: CachedRecord) => string;
  /** The oldest reading behind membership, order and total. */
  readonly asOf: number;
  /** Returns the level at which the selection set needs the records of a kind. */
  readonly selectedLevelOf: (kind: Kind) => Level;
  /** Called when the records are selected. */
  readonly onShown: (() => void) | undefined;
}

/** The groups of a connection by their names in the answer. */
export type GroupsByKey = ReadonlyMap<string, PromiseOrValue<Groups>>;

/** The parent of a connection type's resolvers. Cursors are made only when they are selected. */
export class Connection<K extends Kind = Kind> {
  readonly #context: GraphContext;
  readonly #groups: GroupsByKey;
  readonly #page: ConnectionPage | undefined;
  readonly #nodes: readonly RecordView<K>[];

  /** Without a page, nothing but groups is selected. */
  constructor(context: GraphContext, groups: GroupsByKey, page?: ConnectionPage) {
    this.#context = context;
    this.#groups = groups;
    this.#page = page;
    const { connectionCutoff } = context.operation;
    this.#nodes = page ? context.views.ofPage(page.records, connectionCutoff, page.selectedLevelOf) : [];
  }

  get #selected() {
    if (this.#page) return this.#page;
    throw new Error("The page of a connection was not read, since it did not seem to be selected.");
  }

  groupsAt(key: string): PromiseOrValue<Groups> | undefined {
    return this.#groups.get(key);
  }

  get totalCount(): number {
    return this.#selected.page.totalCount;
  }

  get asOf(): Date | null {
    return this.#context.toDate(this.#selected.asOf);
  }

  get nodes(): readonly RecordView<K>[] {
    this.#selected.onShown?.();
    return this.#nodes;
  }

  get edges(): readonly { readonly node: RecordView<K>; readonly cursor: string }[] {
    const { cursorOf } = this.#selected;
    return this.nodes.map((node) => ({
      node,
      get cursor() {
        return cursorOf(node.record);
      },
    }));
  }

  get pageInfo(): PageInfo {
    const { page, cursorOf } = this.#selected;
    return pageInfoOf(page, cursorOf);
  }
}
