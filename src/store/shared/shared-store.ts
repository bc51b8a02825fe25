import type { LastingStore, StoredEntry } from "../lasting/lasting-store.ts";

/** The lease as the store has it. Times are milliseconds. */
export interface Lease {
  /** The random token of the term. */
  readonly token: string;
  /** Raised by each renewal. */
  readonly beat: number;
  /** The run of the store for which the term's data is whole. */
  readonly run: string;
  /** The leader's clock at the renewal, its calendar at that moment, and that of the store before it. */
  readonly at: number;
  readonly wall: number;
  readonly time: number;
  /** The nonces that the leader had read before it read its clock for `at`, by member. */
  readonly echo: Readonly<Record<string, number>>;
  /** What the leader published of itself; empty until it answers. */
  readonly address: string;
  /** The form of the entries that the leader stores. */
  readonly format: string;
  /** Whether the leader has read everything. */
  readonly isWarm: boolean;
  /** The run of the store in which the leader left; empty while it leads. */
  readonly free: string;
}

/** The last commit: its number, the leader's clock, and what tells one sequence of entries from another. */
export interface LogEnd {
  readonly seq: number;
  readonly at: number;
  readonly epoch: string;
}

/**
 * What the store is by itself. `run` tells one history of the store from another: a promoted replica and a restored
 * dump have their own. `hasLost`: it lacks what this process has seen in it.
 */
interface StoreState {
  readonly run: string;
  readonly hasLost: boolean;
  /** The calendar of the store. */
  readonly time: number;
}

/** What a process sees when it looks at the store. */
export interface Look extends StoreState {
  readonly lease: Lease | undefined;
  readonly log: LogEnd;
}

/** What the store answers to a renewal. */
export interface Renewed extends StoreState {
  /** By member. */
  readonly nonces: Readonly<Record<string, number>>;
}

/** What has changed after one commit up to another. */
interface Tail extends Pick<LogEnd, "seq" | "epoch"> {
  readonly run: string;
  readonly entries: readonly StoredEntry[];
  /** As of commits, in their order. */
  readonly readings: readonly Buffer[];
  /** What was removed before this commit is not told any more. */
  readonly prunedTo: number;
}

/** A term to be begun. */
export interface NewTerm {
  readonly token: string;
  /** The clock of the new leader: not before that of any earlier one. */
  readonly at: number;
  /** The run of the store in which the lease was seen, and its calendar then. */
  readonly run: string;
  readonly time: number;
  /** Whether the stored entries lack nothing; otherwise they are removed. */
  readonly isWhole: boolean;
  /** The run for which the term's data is whole; empty if it is in none yet. */
  readonly ownRun: string;
}

/** A renewal of a lease. */
export interface Renewal {
  readonly token: string;
  /** The run for which the term's data is whole. */
  readonly run: string;
  readonly at: number;
  /** The calendar of the store by its last answer, so that it is from before `at`. */
  readonly time: number;
  readonly echo: Readonly<Record<string, number>>;
  readonly address: string;
  readonly isWarm: boolean;
}

/** What several processes share. A method with the token of a term changes nothing if that is over. */
export interface SharedStore extends LastingStore {
  /** Names the form of entries: a process reads and writes those of its own form only. */
  readonly format: string;
  /** Leaves a nonce for the leader to return, and looks. */
  look(member: string, nonce: number): Promise<Look>;
  /** Begins a term, unless the lease or the run has changed since it was seen. Resolves with the last commit. */
  take(seen: Pick<Lease, "token" | "beat"> | undefined, term: NewTerm): Promise<LogEnd | undefined>;
  renew(renewal: Renewal): Promise<Renewed | undefined>;
  /** Makes the store know again of all that this process has seen in it. */
  catchUp(token: string): Promise<boolean>;
  /** Ends a term, so that the next one begins at once. */
  free(term: Pick<Renewal, "token" | "at" | "time">): Promise<void>;
  logEnd(): Promise<LogEnd & { readonly run: string }>;
  /** The entries with these keys. */
  entriesOf(keys: readonly string[]): Promise<readonly StoredEntry[]>;
  /** What has changed since a commit, up to a later one if there is one. */
  follow(seq: number): Promise<Tail>;
  close(): void;
}
