import type { CompletedWrite } from "../store/invalidate.ts";

/** What is kept of a key beyond this process, as JSON. */
export interface StoredKey {
  readonly fingerprint: string;
  /**
   * "begun": nothing was sent yet, so that the key is free if nobody works on it. "sent": a process has sent something,
   * and has not told what became of it. The others, with the answer: whether that decides what became of it.
   */
  readonly state: "begun" | "sent" | "undecided" | "final";
  readonly answer?: unknown;
  /** The mutation that it is used for. */
  readonly mutation?: string;
  /** Of what was sent: the fingerprint of what the record showed before. */
  readonly before?: string;
  /** Milliseconds for which it is kept; 24 hours if left out. */
  readonly keptFor?: number;
}

/** Keeps values by name, as JSON, where other processes find them. All reject with AlmaError. */
export interface StoredValues {
  /** `ms`: for how many milliseconds it is still kept. */
  find(name: string): Promise<{ readonly value: unknown; readonly ms: number } | undefined>;
  /** `ms`: for so many milliseconds, at least: they are counted while gateways run. */
  keep(name: string, value: unknown, ms: number): Promise<void>;
  forget(name: string): Promise<void>;
}

/** The code of a kept outcome of which the rest is forgotten, since its client is. */
export const FORGOTTEN = "FORGOTTEN";

/** Keeps keys where other processes find them. Both reject with AlmaError. */
export interface StoredKeys {
  /** What is kept of jobs. */
  readonly jobs: StoredValues;
  find(key: string): Promise<StoredKey | undefined>;
  /** Keeps a key; without a value, forgets it. */
  keep(key: string, kept: StoredKey | undefined): Promise<void>;
}

/** A write that is about to leave for Alma, without its values. */
export interface WriteIntent {
  readonly id: string;
  /** What it affects, if Alma does it. */
  readonly write: CompletedWrite;
  /** The keys under which no other such write runs: of a create, those of its identity. */
  readonly lockKeys: readonly string[];
  /** When the mutation began, by the catalog's clock. */
  readonly startedAt: number;
  readonly requestId: string;
  /** That of a request which another process has forwarded. */
  readonly forwardingId?: string;
  /** The key under which its caller repeats it, and what is kept with that. */
  readonly idempotency?:
    | ({ readonly key: string } & Pick<StoredKey, "fingerprint" | "before" | "keptFor">)
    | undefined;
}

/** Where writes are noted before they leave, so that whoever comes after this process knows of them. */
export interface WriteJournal {
  /** Stores an intent, after every queue. If it rejects, with AlmaError, the write is not sent. */
  begin(intent: WriteIntent): Promise<void>;
  /** The last look before the bytes leave. Throws an AlmaError if this process may write no longer. */
  check(): void;
  /**
   * Notes that the outcome is known, and that the catalog knows what the write affects. An intent that is not ended may
   * still be carried out.
   */
  end(id: string): void;
  /** Resolves when every process that may answer knows of the writes that were sent; left out, where there is one. */
  whenKnown?(): Promise<void>;
}

/** A journal that is nowhere: of a process that shares nothing and leaves nothing. */
export const noJournal: WriteJournal = { begin: async () => {}, check: () => {}, end: () => {} };
