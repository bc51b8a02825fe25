import type { Clock } from "../../alma/index.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { Store } from "../store/store.ts";
import { listEntry, listState, lookupEntry, membersEntry, recordEntry } from "./encode.ts";
import type { CatalogEntry } from "./entry.ts";

/**
 * What changes in a catalog from when this is made. What has changed several times since it was last taken is one
 * entry. A write shows in the entries that are taken after it.
 */
export class CatalogChanges {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #hasMentions: boolean;
  /** By kind, what was last taken of its list. */
  readonly #lists = new Map<Kind, string>();
  readonly #membersAt = new Map<Kind, number>();

  /** `hasMentions`: whether a record counts that another one has shown as before, which every list does. */
  constructor(store: Store, clock: Clock, hasMentions = true) {
    this.#store = store;
    this.#clock = clock;
    this.#hasMentions = hasMentions;
    this.#gather();
    for (const kind of kinds) {
      this.#lists.set(kind, JSON.stringify(listState(store.tables[kind])));
      this.#membersAt.set(kind, store.tables[kind].membersAt);
    }
  }

  /**
   * The entries that have changed. All must be taken, but others may have their turn between two of them: a record is
   * as of when it is taken, and the lists, which come last, as of the call.
   */
  take(): Generator<CatalogEntry, void> {
    const changed = this.#store.gathered;
    const at = this.#clock();
    this.#gather();
    return this.#entries(changed, at, this.#changedLists(at));
  }

  /** Ends the gathering. */
  close(): void {
    this.#store.gathered = undefined;
  }

  #gather(): void {
    this.#store.gathered = { records: new Set(), lookups: new Set(), hasMentions: this.#hasMentions };
  }

  *#entries(
    changed: Store["gathered"],
    at: number,
    lists: readonly CatalogEntry[],
  ): Generator<CatalogEntry, void> {
    for (const cached of changed?.records ?? [])
      yield recordEntry(this.#store.tables[cached.kind], cached, at);
    for (const key of changed?.lookups ?? []) yield lookupEntry(this.#store, key, at);
    yield* lists;
  }

  #changedLists(at: number): readonly CatalogEntry[] {
    const entries: CatalogEntry[] = [];
    for (const kind of kinds) {
      const table = this.#store.tables[kind];
      if (table.membersAt !== this.#membersAt.get(kind)) {
        this.#membersAt.set(kind, table.membersAt);
        const members = membersEntry(table);
        if (members) entries.push(members);
      }
      const state = listState(table);
      const text = JSON.stringify(state);
      if (text === this.#lists.get(kind)) continue;
      this.#lists.set(kind, text);
      entries.push(listEntry(kind, state, at));
    }
    return entries;
  }
}
