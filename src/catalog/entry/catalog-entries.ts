import type { Clock } from "../../alma/index.ts";
import { type Kind, kinds } from "../record/kind.ts";
import type { WriteAuthor, WriteCause } from "../record/logged-change.ts";
import { type CompletedWrite, invalidate } from "../store/invalidate.ts";
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
 * Follows the changes of a catalog from now on. Several changes since the last `take` become one entry. A
 * write shows in the entries taken after it. `hasMentions`: whether to include records that another one has
 * merely shown again, as every list does.
 */
export function createCatalogChanges(store: Store, clock: Clock, hasMentions = true) {
  /** By kind, the state of its list last taken. */
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
     * Takes the changed entries. Take all of them; yielding in between is allowed: a record is as of when it
     * is taken, and the lists, which come last, as of the call.
     */
    take(): Generator<CatalogEntry, void> {
      const changed = store.gathered;
      const at = clock();
      gather();
      return entries(changed, at, changedLists(at));
    },

    /** Stops following. */
    close(): void {
      store.gathered = undefined;
    },
  };
}

/** Writes down a catalog for another or later process, and reads it from there. */
export function createWrittenCatalog(store: Store, clock: Clock) {
  let reader: ReturnType<typeof createEntryReader> | undefined;
  let listener: ((write: CompletedWrite, at: number) => void) | undefined;

  return {
    /** Whether anything was read from elsewhere than Alma. */
    hasEntries: false,

    /** Returns all entries. Yielding in between is allowed: a write shows in the entries taken after it. */
    entries: () => allEntries(store, clock()),

    /**
     * Follows changes from now on, with or without mentions. A catalog has one follower at a time; the next
     * replaces it.
     */
    followChanges: (hasMentions: boolean) => createCatalogChanges(store, clock, hasMentions),

    /**
     * Applies an entry like an answer of Alma. While a catalog is read from all entries, in any order but
     * lists last, nothing of it may be served; one that follows changes may be served between two entries.
     * Throws for a malformed entry.
     */
    apply(entry: CatalogEntry): void {
      this.hasEntries = true;
      reader ??= createEntryReader(store);
      reader.apply(entry);
    },

    /** Forgets the times of the entries: from now on, this process reads Alma itself. */
    end(): void {
      reader = undefined;
    },

    /** Calls back with each ended write of this process and its time, before anybody else learns of it. */
    onWrite(callback: (write: CompletedWrite, at: number) => void): void {
      listener = callback;
    },

    /** Records that a write of this process is sent at `startedAt`: readings may show it before it ends. */
    beginWrite(
      { kind, id, verb }: CompletedWrite,
      fields: readonly string[],
      by: WriteAuthor,
      startedAt: number,
    ): WriteCause {
      const cached = id === undefined ? undefined : store.getOrCreate(kind, id);
      const times = { startedAt, endedAt: Number.POSITIVE_INFINITY };
      const cause: WriteCause = { key: cached?.key, isCreate: verb === "create", fields, by, ...times };
      cached?.recorder?.noteCause(cached, cause);
      return cause;
    },

    /** Records that a write of this process ended at `at`. */
    noteWrite(write: CompletedWrite, at: number, cause?: WriteCause): void {
      invalidate(store, write, at, cause);
      listener?.(write, at);
    },

    /** Records that a write of another process ended at `at`. Repeating it changes nothing. */
    applyWrite: (write: CompletedWrite, at: number) => invalidate(store, write, at),
  };
}
