import type { Clock } from "../../alma/index.ts";
import type { WriteAuthor, WriteCause } from "../record/change.ts";
import type { CompletedWrite } from "../store/affected-records.ts";
import { invalidate } from "../store/invalidate.ts";
import type { Store } from "../store/store.ts";
import { createEntryReader } from "./apply.ts";
import { createCatalogChanges } from "./changes.ts";
import { allEntries } from "./encode.ts";
import type { CatalogEntry } from "./entry.ts";

/** When operations last asked for the details of kinds, by the catalog's clock; nothing with REFRESH=steady. */
export interface AskedKinds {
  times(): Readonly<Record<string, number>>;
  /** Takes over what an earlier leader knew. */
  restore(times: Readonly<Record<string, number>>): void;
}

/** What a catalog knows, written down for another process or a later one, and read from there. */
export function createWrittenCatalog(store: Store, clock: Clock) {
  let reader: ReturnType<typeof createEntryReader> | undefined;
  let listener: ((write: CompletedWrite, at: number) => void) | undefined;

  return {
    /** Undefined without background work. */
    asked: undefined as AskedKinds | undefined,
    /** Whether anything was read from elsewhere than from Alma. */
    hasEntries: false,

    /** All entries. Others may have their turn between two of them: a write shows in those that are taken after it. */
    entries: () => allEntries(store, clock()),

    /**
     * What changes from now on, with or without mentions (`CatalogChanges`). A catalog has one such follower at a time;
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

export type WrittenCatalog = ReturnType<typeof createWrittenCatalog>;
