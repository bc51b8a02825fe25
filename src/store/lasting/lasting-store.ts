import type {
  CatalogEntry,
  Horizons,
  Kind,
  LoggedChange,
  LoggedPast,
  StoredChanges,
  StoredKey,
  WriteIntent,
} from "../../catalog/index.ts";

/** One moment by the catalog's clock and by the wall clock. */
export interface Moment {
  readonly clock: number;
  readonly wall: number;
}

/** A write that was begun and whose outcome may be unknown. */
export interface BegunWrite {
  readonly intent: WriteIntent;
  /** By the wall clock. */
  readonly begunAt: number;
}

/** An idempotency key by a name that does not tell it, and what it is kept with. */
export interface KeptKey {
  readonly name: string;
  readonly kept: StoredKey;
}

/** What has changed since the commit before. */
export interface Commit {
  readonly at: Moment;
  /** 500 at most, of different keys. */
  readonly entries: readonly CatalogEntry[];
  /** All that the entries show and no commit before had: 500 at most, all of the same `seq`, in their order. */
  readonly changes: readonly LoggedChange[];
  /** The last change that no commit has, since there was no memory for it while the store failed. */
  readonly lost: LoggedChange | undefined;
  /** The writes that the catalog shows with this commit. */
  readonly endedIds: readonly string[];
  /** By the wall clock: writes begun earlier, and keys kept earlier, are forgotten. */
  readonly settledBefore: number;
  readonly keptSince: number;
}

/** What is there when a process begins. */
export interface Begun {
  /** The writes of before that may be unsettled. */
  readonly writes: readonly BegunWrite[];
  /** The last commit of it notes the beginning. */
  readonly past: LoggedPast;
  /** Whether what entries show is to be stored anew. */
  readonly lacksShown: boolean;
}

/** What lasts beyond a process. All methods reject with what the store says; then nothing of the call is stored. */
export interface LastingStore extends StoredChanges {
  /** The last known moment of the process before; undefined if there was none. */
  readonly left: Moment | undefined;
  /** What that process knew, in parts. Throws an Error with a sentence if it is damaged. */
  entries(): AsyncIterable<readonly CatalogEntry[]>;
  /** Writes to the store for the first time. `term`: names this process in positions of changes. */
  begin(at: Moment, term: string): Promise<Begun>;
  /** Stores what has changed. When a record was last read with the same result is stored some seconds later. */
  commit(commit: Commit): Promise<void>;
  /** Forgets the changes of kinds that happened before a time of the wall clock. */
  forgetChanges(before: Readonly<Partial<Record<Kind, number>>>): Promise<Horizons>;
  /** Resolves once an intent, and what its key is kept with, cannot be lost any more. */
  noteIntent(write: BegunWrite, key: KeptKey | undefined): Promise<void>;
  findKey(name: string, keptSince: number): Promise<StoredKey | undefined>;
  /** Resolves once that cannot be lost any more; null: the key is free again. */
  keepKey(name: string, kept: StoredKey | null, at: number): Promise<void>;
  close(): Promise<void>;
}
