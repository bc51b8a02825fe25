import type {
  CatalogEntry,
  Horizons,
  Kind,
  LoggedChange,
  LoggedPast,
  ReadPeriod,
  StoredChanges,
} from "../../catalog/index.ts";
import type { Seal } from "../sealed/seal.ts";

/**
 * A stored entry: the digest of its name, which is its key, its sealed name, and its sealed value; null to delete it.
 */
export interface StoredEntry {
  readonly key: string;
  readonly name: Uint8Array;
  readonly value: Uint8Array | null;
  /** The columns that SQL readers see of a record. The gateway does not read them back. */
  readonly shown?: CatalogEntry["shown"];
}

/** The key of an entry in the store, its name, and its text before sealing; null if it was deleted. */
export type OpenEntry = readonly [key: string, name: string, text: string | null];

/** Opens a stored entry. Throws the error of the seal. */
export const openEntry = (seal: Seal, { key, name, value }: StoredEntry): OpenEntry => [
  key,
  JSON.parse(seal.open(`name ${key}`, name)),
  value && seal.open(`entry ${key}`, value),
];

/** Seals an entry. */
export function sealEntry(seal: Seal, { key: name, value, shown }: CatalogEntry): StoredEntry {
  const key = seal.digest(name);
  return {
    key,
    name: seal.seal(`name ${key}`, JSON.stringify(name)),
    value: value === null ? null : seal.seal(`entry ${key}`, value),
    shown,
  };
}

/** A commit to write. Its random `id` identifies it if the answer is lost. */
export interface NewCommit {
  readonly token: string;
  readonly seq: number;
  readonly id: string;
  /** The time by the catalog's clock. */
  readonly at: number;
  /** At most 500, with different keys. */
  readonly entries: readonly StoredEntry[];
  /**
   * All changes that the entries show and no earlier commit contains: at most 500, all with the same `seq`, in order.
   */
  readonly changes: readonly LoggedChange[];
  /** The last change that no commit contains, discarded because memory ran out while the store failed. */
  readonly lost: LoggedChange | undefined;
  /** Sealed: when entries were last read with the same result. */
  readonly readings: Uint8Array | null;
  /** Whether these replace all earlier readings. */
  readonly replacesAll: boolean;
  /** The last period in which Alma was read. It replaces the stored version of the same period. */
  readonly readPeriod: ReadPeriod | undefined;
  /** The value omitted because the store refused it. */
  readonly refused?: RefusedValue;
}

/** A value stored by name. `ms`: the remaining lifetime in milliseconds, counted while gateways run. */
export interface StoredValue {
  readonly name: string;
  readonly value: Uint8Array;
  readonly ms: number;
}

/** Thrown if the store refuses all writes for now: its disk is full, or it is read-only. */
export class StoreRefusesError extends Error {
  override readonly name = "StoreRefusesError";
}

/** An entry or change that the store refuses, while it accepts others. */
export interface RefusedValue {
  /** The key of the entry, or the position of the change. */
  readonly key: string;
  readonly reason: string;
}

/**
 * Thrown if the store cannot be reached or did not answer in time. It is unknown whether the last step was performed.
 */
export class StoreUnreachableError extends Error {
  override readonly name = "StoreUnreachableError";
}

/**
 * A store that outlives the process. Every method rejects with StoreUnreachableError if it is unknown whether the step
 * was performed, and with the store's error if it was refused. A method with the token of a term changes nothing and
 * resolves with false or undefined if that term has ended.
 */
export interface LastingStore extends StoredChanges {
  /** Begins the changes of a term. `name`: the term in their positions. Resolves with the earlier changes. */
  beginChanges(token: string, name: string): Promise<LoggedPast | undefined>;
  /** Deletes changes by kind that are older than a time of the wall clock. */
  forgetChanges(
    token: string,
    before: Readonly<Partial<Record<Kind, number>>>,
  ): Promise<Horizons | undefined>;
  /** Writes entries. Resolves with the number and id of the last commit, which are the given ones on success. */
  commit(commit: NewCommit): Promise<{ readonly seq: number; readonly id: string } | undefined>;
  /** Yields all entries, opened, in parts. An entry written meanwhile may have its old or its new value. */
  entries(): AsyncIterable<readonly OpenEntry[]>;
  /** Returns the readings of all commits that were not deleted, in order. */
  readings(): Promise<readonly Uint8Array[]>;
  /** Stores an intent and its values durably. */
  beginIntent(token: string, id: string, intent: Uint8Array, kept: readonly StoredValue[]): Promise<boolean>;
  endIntents(token: string, ids: readonly string[]): Promise<boolean>;
  /** Returns all open intents by id. */
  intents(): Promise<readonly (readonly [id: string, intent: Uint8Array])[]>;
  storeValue(token: string, kept: StoredValue): Promise<boolean>;
  deleteValue(token: string, name: string): Promise<boolean>;
  findValue(name: string): Promise<StoredValue | undefined>;
  close(): void | Promise<void>;
}
