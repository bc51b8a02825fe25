import type { LastingStore, StoredEntry } from "../lasting/lasting-store.ts";

/** The lease in the store. Times are in milliseconds. */
export interface Lease {
  /** The random token of the term. */
  readonly token: string;
  /** Increased by each renewal. */
  readonly beat: number;
  /** The run of the store in which it has all data of the term. */
  readonly run: string;
  /** `at`: the leader's clock at the renewal. `wall`: its wall clock then. `time`: the store's wall clock before. */
  readonly at: number;
  readonly wall: number;
  readonly time: number;
  /** By member, the nonce that the leader had read before it read its clock for `at`. */
  readonly echo: Readonly<Record<string, number>>;
  /** The address published by the leader; empty until it answers. */
  readonly address: string;
  /** The format of the entries that the leader stores. */
  readonly format: string;
  /** Whether the leader's catalog is filled. */
  readonly isWarm: boolean;
  /** The run of the store in which the leader gave up the lease; empty while it leads. */
  readonly free: string;
}

/** The last commit: its number, the leader's clock, and the epoch, which identifies a sequence of entries. */
export interface LogEnd {
  readonly seq: number;
  readonly at: number;
  readonly epoch: string;
}

/**
 * The state of the store itself. `run` changes when the store may have lost data: a promoted replica and a restored
 * dump have another one. `hasLost`: whether it lacks data that this process has seen in it.
 */
interface StoreState {
  readonly run: string;
  readonly hasLost: boolean;
  /** The wall clock of the store. */
  readonly time: number;
}

/** The state of the store as seen by a process. */
export interface ObservedState extends StoreState {
  readonly lease: Lease | undefined;
  readonly log: LogEnd;
}

/** The store's answer to a renewal. */
export interface RenewalResult extends StoreState {
  /** The nonces by member. */
  readonly nonces: Readonly<Record<string, number>>;
}

/** The changes from one commit to another. */
interface Tail extends Pick<LogEnd, "seq" | "epoch"> {
  readonly run: string;
  readonly entries: readonly StoredEntry[];
  /** The readings of each commit, in order. */
  readonly readings: readonly Uint8Array[];
  /** The last commit whose deletions are no longer known. A replica that has not applied it cannot continue. */
  readonly prunedTo: number;
}

/** A term to begin. */
export interface NewTerm {
  readonly token: string;
  /** The clock of the new leader, which must not be behind that of any earlier leader. */
  readonly at: number;
  /** The run of the store in which the lease was seen, and the store's wall clock then. */
  readonly run: string;
  readonly time: number;
  /** Whether the stored entries are complete; otherwise they are deleted. */
  readonly keepsData: boolean;
  /** The run of the store in which it has all data of the term; empty if there is none yet. */
  readonly ownRun: string;
}

/** A renewal of a lease. */
export interface Renewal {
  readonly token: string;
  /** The run of the store in which it has all data of the term. */
  readonly run: string;
  readonly at: number;
  /** The wall clock of the store in its last answer, which is earlier than `at`. */
  readonly time: number;
  readonly echo: Readonly<Record<string, number>>;
  readonly address: string;
  readonly isWarm: boolean;
}

/** A store that several processes share. A method with the token of a term changes nothing if the term has ended. */
export interface SharedStore extends LastingStore {
  /** The format of entries. A process reads and writes only entries of its own format. */
  readonly format: string;
  /** Stores a nonce, which the leader returns in `echo`, and reads the state of the store. */
  readState(member: string, nonce: number): Promise<ObservedState>;
  /** Begins a term, unless the lease or the run has changed since it was seen. Resolves with the last commit. */
  take(seen: Pick<Lease, "token" | "beat"> | undefined, term: NewTerm): Promise<LogEnd | undefined>;
  renew(renewal: Renewal): Promise<RenewalResult | undefined>;
  /** Restores the steps that this process has seen in the store. */
  catchUp(token: string): Promise<boolean>;
  /** Ends a term, so that the next one can begin immediately. */
  free(term: Pick<Renewal, "token" | "at" | "time">): Promise<void>;
  logEnd(): Promise<LogEnd & { readonly run: string }>;
  /** Returns the entries with these keys. */
  entriesOf(keys: readonly string[]): Promise<readonly StoredEntry[]>;
  /** Returns the changes since a commit, up to a later one if there is one. */
  follow(seq: number): Promise<Tail>;
  close(): void;
}
