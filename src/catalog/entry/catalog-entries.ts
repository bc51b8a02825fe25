import type { Clock } from "../../alma/index.ts";
import type { WriteAuthor, WriteCause } from "../record/change.ts";
import type { CompletedWrite } from "../store/affected-records.ts";
import { invalidate } from "../store/invalidate.ts";
import type { Store } from "../store/store.ts";
import { EntryReader } from "./apply.ts";
import { type CatalogChanges, createCatalogChanges } from "./changes.ts";
import { allEntries } from "./encode.ts";
import type { CatalogEntry } from "./entry.ts";

/** When operations last asked for the details of kinds, by the catalog's clock; nothing with REFRESH=steady. */
export interface AskedKinds {
  times(): Readonly<Record<string, number>>;
  /** Takes over what an earlier leader knew. */
  restore(times: Readonly<Record<string, number>>): void;
}

/** What a catalog knows, written down for another process or a later one, and read from there. */
export class WrittenCatalog {
  /** Undefined without background work. */
  asked: AskedKinds | undefined;
  /** Whether anything was read from elsewhere than from Alma. */
  hasEntries = false;
  readonly #store: Store;
  readonly #clock: Clock;
  #reader: EntryReader | undefined;
  #onWrite: ((write: CompletedWrite, at: number) => void) | undefined;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** All entries. The caller may give others their turn between two of them: a write shows in those taken after it. */
  entries(): Generator<CatalogEntry, void> {
    return allEntries(this.#store, this.#clock());
  }

  /**
   * What changes from now on, with or without mentions (`CatalogChanges`). A catalog has one such follower at a time;
   * the next takes its place.
   */
  followChanges(hasMentions: boolean): CatalogChanges {
    return createCatalogChanges(this.#store, this.#clock, hasMentions);
  }

  /**
   * Applies an entry, as Alma's answer would be. While a catalog is read from all entries, in whatever order but those
   * about lists last, nothing may be served of it; one that follows another's changes may be served between two of
   * them. Throws if it is none.
   */
  apply(entry: CatalogEntry): void {
    this.hasEntries = true;
    this.#reader ??= new EntryReader(this.#store);
    this.#reader.apply(entry);
  }

  /** Forgets the times of the entries: from now on, this process reads Alma itself. */
  end(): void {
    this.#reader = undefined;
  }

  /** Calls `listener` with each write of this process that has ended, and when, before anybody else learns of it. */
  onWrite(listener: (write: CompletedWrite, at: number) => void): void {
    this.#onWrite = listener;
  }

  /** Notes that a write of this process leaves for Alma at `startedAt`: a reading may show it before it has ended. */
  beginWrite(
    { kind, id, verb }: CompletedWrite,
    fields: readonly string[],
    by: WriteAuthor,
    startedAt: number,
  ): WriteCause {
    const cached = id === undefined ? undefined : this.#store.getOrCreate(kind, id);
    const times = { startedAt, endedAt: Number.POSITIVE_INFINITY };
    const cause: WriteCause = { key: cached?.key, isCreate: verb === "create", fields, by, ...times };
    cached?.noteCause(cause);
    return cause;
  }

  /** Notes that a write of this process ended at `at`. */
  noteWrite(write: CompletedWrite, at: number, cause?: WriteCause): void {
    invalidate(this.#store, write, at, cause);
    this.#onWrite?.(write, at);
  }

  /** Notes that a write of another process ended at `at`. Noting it again changes nothing. */
  applyWrite(write: CompletedWrite, at: number): void {
    invalidate(this.#store, write, at);
  }
}
