import type { Clock } from "../../alma/index.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { Store } from "../store/store.ts";
import { listEntry, listState, lookupEntry, membersEntry, recordEntry } from "./encode.ts";
import type { CatalogEntry } from "./entry.ts";

/**
 * What changes in a catalog from when this is made. What has changed several times since it was last taken is one
 * entry. A write shows in the entries that are taken after it.
 *
 * `hasMentions`: whether a record counts that another one has shown as before, which every list does.
 */
export function createCatalogChanges(store: Store, clock: Clock, hasMentions = true) {
  /** By kind, what was last taken of its list. */
  const lists = new Map<Kind, string>();
  const membersAt = new Map<Kind, number>();

  gather();

  for (const kind of kinds) {
    lists.set(kind, JSON.stringify(listState(store.tables[kind])));
    membersAt.set(kind, store.tables[kind].membersAt);
  }

  function gather(): void {
    store.gathered = { records: new Set(), lookups: new Set(), hasMentions };
  }

  function* entries(
    changed: Store["gathered"],
    at: number,
    ofLists: readonly CatalogEntry[],
  ): Generator<CatalogEntry, void> {
    for (const cached of changed?.records ?? []) yield recordEntry(store, cached, at);
    for (const key of changed?.lookups ?? []) yield lookupEntry(store, key, at);
    yield* ofLists;
  }

  function changedLists(at: number): readonly CatalogEntry[] {
    const changed: CatalogEntry[] = [];
    for (const kind of kinds) {
      const table = store.tables[kind];
      if (table.membersAt !== membersAt.get(kind)) {
        membersAt.set(kind, table.membersAt);
        const members = membersEntry(table);
        if (members) changed.push(members);
      }
      const state = listState(table);
      const text = JSON.stringify(state);
      if (text === lists.get(kind)) continue;
      lists.set(kind, text);
      changed.push(listEntry(kind, state, at));
    }
    return changed;
  }

  return {
    /**
     * The entries that have changed. All must be taken, but others may have their turn between two of them: a record is
     * as of when it is taken, and the lists, which come last, as of the call.
     */
    take(): Generator<CatalogEntry, void> {
      const changed = store.gathered;
      const at = clock();
      gather();
      return entries(changed, at, changedLists(at));
    },

    /** Ends the gathering. */
    close(): void {
      store.gathered = undefined;
    },
  };
}

export type CatalogChanges = ReturnType<typeof createCatalogChanges>;
