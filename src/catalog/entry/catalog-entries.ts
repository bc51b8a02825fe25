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

/** What a catalog knows, written down for another process or a later one, and read from there. */
export function createWrittenCatalog(store: Store, clock: Clock) {
  let reader: ReturnType<typeof createEntryReader> | undefined;
  let listener: ((write: CompletedWrite, at: number) => void) | undefined;

  return {
    /** Whether anything was read from elsewhere than from Alma. */
    hasEntries: false,

    /** All entries. Others may have their turn between two of them: a write shows in those that are taken after it. */
    entries: () => allEntries(store, clock()),

    /**
     * What changes from now on, with or without mentions. A catalog has one such follower at a time;
     * the next takes its place.
     */
    followChanges: (hasMentions: boolean) => createCatalogChanges(store, clock, hasMentions),

    /**
     * Applies an entry, as Alma's answer would be. While a catalog is read from all entries, in whatever order but
     * those about lists last, nothing may be served of it; one that follows another's changes may be served between two
     * of them. Throws if it is none.
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

    /** Calls back with each write of this process that has ended, and when, before anybody else learns of it. */
    onWrite(callback: (write: CompletedWrite, at: number) => void): void {
      listener = callback;
    },

    /** Notes that a write of this process leaves at `startedAt`: a reading may show it before it has ended. */
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

    /** Notes that a write of this process ended at `at`. */
    noteWrite(write: CompletedWrite, at: number, cause?: WriteCause): void {
      invalidate(store, write, at, cause);
      listener?.(write, at);
    },

    /** Notes that a write of another process ended at `at`. Noting it again changes nothing. */
    applyWrite: (write: CompletedWrite, at: number) => invalidate(store, write, at),
  };
}
