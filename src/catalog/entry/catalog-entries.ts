import type { Clock } from "../../alma/index.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { WriteCause } from "../record/logged-change.ts";
import { NEVER } from "../record/source.ts";
import type { WriteEffects } from "../store/invalidate.ts";
import type { Store } from "../store/store.ts";
import {
  allEntries,
  type CatalogEntry,
  createEntryReader,
  listEntry,
  listState,
  lookupEntry,
  membersEntry,
  recordEntry,
} from "./entry.ts";

/**
 * Follows the changes of a catalog from now on. Several changes since the last `take` become one entry. Entries taken
 * after a write show it. `hasMentions`: whether to include records that a list or another record has only repeated
 * unchanged.
 */
export function createCatalogChanges(store: Store, clock: Clock, hasMentions = true) {
  /** The state of each kind's list when last taken. */
  const lists = new Map<Kind, string>();
  const membersAt = new Map<Kind, number>();

  store.collectChanges(hasMentions);
  // Notes the present lists.
  changedLists(NEVER);

  function* entries(
    changed: ReturnType<Store["collectChanges"]>,
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
     * Takes the changed entries; the caller must take all, but may yield in between. Records are as of when they are
     * taken; the lists, which come last, as of the call.
     */
    take(): Generator<CatalogEntry, void> {
      const at = clock();
      return entries(store.collectChanges(hasMentions), at, changedLists(at));
    },
  };
}

/** Serializes a catalog for another or later process, and restores it. */
export function createSerializedCatalog(store: Store, clock: Clock) {
  let reader: ReturnType<typeof createEntryReader> | undefined;

  return {
    /** Whether any data came from a source other than Alma. */
    hasEntries: false,

    /** Returns all entries. The caller may yield in between; entries taken after a write show it. */
    entries: () => allEntries(store, clock()),

    /**
     * Follows changes from now on, with or without mentions. A catalog has one follower at a time; a new one replaces
     * it.
     */
    followChanges: (hasMentions: boolean) => createCatalogChanges(store, clock, hasMentions),

    /**
     * Applies an entry like an answer of Alma. Throws for a malformed entry. All entries of a catalog may be applied in
     * any order, lists last, but must all be applied before it is served; a catalog that follows changes may be served
     * between two entries.
     */
    apply(entry: CatalogEntry) {
      this.hasEntries = true;
      reader ??= createEntryReader(store);
      reader.apply(entry);
    },

    /** Forgets the times of the entries, because this process now reads Alma itself. */
    end() {
      reader = undefined;
    },

    /** Records that a write of this process is sent at `startedAt`, because readings may show it before it ends. */
    beginWrite(
      { kind, id, verb }: WriteEffects,
      fields: readonly string[],
      by: WriteCause["by"],
      startedAt: number,
    ): WriteCause {
      const cached = id === undefined ? undefined : store.getOrCreate(kind, id);
      const times = { startedAt, endedAt: Infinity };
      const cause: WriteCause = { key: cached?.key, isCreate: verb === "create", fields, by, ...times };
      cached?.recorder?.noteCause(cached, cause);
      return cause;
    },
  };
}
