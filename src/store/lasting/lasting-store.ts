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

/** A stored entry: the digest of its name, which is its key, its name and its bytes, sealed; none if it is gone. */
export interface StoredEntry {
  readonly key: string;
  readonly name: Buffer;
  readonly value: Buffer | null;
  /** What whoever reads SQL sees of a record; it is not read back. */
  readonly shown?: CatalogEntry["shown"];
}

/** The key of an entry in the store, its name, and its text as it was before it was sealed; null if it is gone. */
export type OpenEntry = readonly [key: string, name: string, text: string | null];

/** Opens a stored entry. Throws what the seal throws. */
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

/** A commit to be made. `id` is random: by it, one of which the answer was lost is known again. */
export interface NewCommit {
  readonly token: string;
  readonly seq: number;
  readonly id: string;
  /** The catalog's clock. */
  readonly at: number;
  /** 500 at most, of different keys. */
  readonly entries: readonly StoredEntry[];
  /** All that the entries show and no commit before had: 500 at most, all of the same `seq`, in their order. */
  readonly changes: readonly LoggedChange[];
  /** The last change that no commit has, since there was no memory for it while the store failed. */
  readonly lost: LoggedChange | undefined;
  /** Sealed: when entries were last read with the same result. */
  readonly readings: Buffer | null;
  /** Whether these are all that count, so that those before are forgotten. */
  readonly isFolded: boolean;
  /** The last period in which Alma was read, which replaces what was stored of the same. */
  readonly readPeriod: ReadPeriod | undefined;
  /** What it lacks, since the store has refused that. */
  readonly refused?: RefusedValue;
}

/** A value that is kept by a name for some milliseconds more, which are counted while gateways run. */
export interface KeptValue {
  readonly name: string;
  readonly value: Buffer;
  readonly ms: number;
}

/** The store takes nothing now, whatever it is: its disk is full, or it may not be written. */
export class StoreRefuses extends Error {
  override readonly name = "StoreRefuses";
}

/** An entry or a change that the store has refused by itself, and takes without it. */
export interface RefusedValue {
  /** The key of the entry, or the place of the change. */
  readonly key: string;
  readonly reason: string;
}

/** The store cannot be reached, or did not answer in time: whether it took the last step is not known. */
export class StoreUnreachable extends Error {
  override readonly name = "StoreUnreachable";
}

/**
 * What lasts beyond a process. Every method rejects with StoreUnreachable if it cannot tell whether the step was taken,
 * and with what the store says if it refuses it. A method with the token of a term resolves with false or undefined if
 * that term is over, and changes nothing.
 */
export interface LastingStore extends StoredChanges {
  /** Notes that changes follow. `name`: of the term in their positions. Resolves with what they go on from. */
  beginChanges(token: string, name: string): Promise<LoggedPast | undefined>;
  /** Forgets the changes of kinds that happened before a time of the wall clock. */
  forgetChanges(
    token: string,
    before: Readonly<Partial<Record<Kind, number>>>,
  ): Promise<Horizons | undefined>;
  /** Writes entries. Resolves with the last commit's number and id, which are the given ones if it was done. */
  commit(commit: NewCommit): Promise<{ readonly seq: number; readonly id: string } | undefined>;
  /** All entries, open, some at a time; one that is written meanwhile may be its old or its new value. */
  entries(): AsyncIterable<readonly OpenEntry[]>;
  /** The readings of all commits that are not forgotten, in their order. */
  readings(): Promise<readonly Buffer[]>;
  /** Stores an intent, and the values that are kept with it: neither is lost any more. */
  beginIntent(token: string, id: string, intent: Buffer, kept: readonly KeptValue[]): Promise<boolean>;
  endIntents(token: string, ids: readonly string[]): Promise<boolean>;
  /** All intents that are open, by id. */
  intents(): Promise<readonly (readonly [id: string, intent: Buffer])[]>;
  keep(token: string, kept: KeptValue): Promise<boolean>;
  unkeep(token: string, name: string): Promise<boolean>;
  kept(name: string): Promise<KeptValue | undefined>;
  close(): void | Promise<void>;
}
