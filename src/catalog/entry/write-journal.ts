import type { CompletedWrite } from "../store/invalidate.ts";

/** A key kept beyond this process, as JSON. */
export interface StoredKey {
  readonly fingerprint: string;
  /**
   * "begun": nothing was sent yet, so the key is free if nobody works on it. "sent": something was sent, and
   * the outcome is not recorded. The others have an answer, which decides the outcome or does not.
   */
  readonly state: "begun" | "sent" | "undecided" | "final";
  readonly answer?: unknown;
  /** The mutation it was used for. */
  readonly mutation?: string;
  /** The fingerprint of the record before the write. */
  readonly before?: string;
  /** Milliseconds for which it is kept; 24 hours by default. */
  readonly keptFor?: number;
}

/** Keeps values by name, as JSON, where other processes find them. All methods reject with AlmaError. */
export interface StoredValues {
  /** `ms`: the remaining milliseconds for which it is kept. */
  find(name: string): Promise<{ readonly value: unknown; readonly ms: number } | undefined>;
  /** `ms`: the shortest time for which it is kept, counted while gateways run. */
  keep(name: string, value: unknown, ms: number): Promise<void>;
  forget(name: string): Promise<void>;
}

/** The code of an outcome whose rest was erased with its client. */
export const FORGOTTEN = "FORGOTTEN";

/** Keeps keys where other processes find them. Both methods reject with AlmaError. */
export interface StoredKeys {
  /** Values of jobs. */
  readonly jobs: StoredValues;
  find(key: string): Promise<StoredKey | undefined>;
  /** Keeps a key. Without a value, forgets it. */
  keep(key: string, kept: StoredKey | undefined): Promise<void>;
}

/** A write that is about to be sent to Alma, without its values. */
export interface WriteIntent {
  readonly id: string;
  /** The effects if Alma performs it. */
  readonly write: CompletedWrite;
  /** The keys under which no other such write runs; for a create, those of its identity. */
  readonly lockKeys: readonly string[];
  /** When the mutation began, by the catalog's clock. */
  readonly startedAt: number;
  readonly requestId: string;
  /** That of a request which another process has forwarded. */
  readonly forwardingId?: string;
  /** The caller's idempotency key, with what is kept under it. */
  readonly idempotency?:
    | ({ readonly key: string } & Pick<StoredKey, "fingerprint" | "before" | "keptFor">)
    | undefined;
}

/** Records writes before they are sent, for processes that come later. */
export interface WriteJournal {
  /** Stores an intent, after all queues. If it rejects with AlmaError, the write is not sent. */
  begin(intent: WriteIntent): Promise<void>;
  /** The last check before sending. Throws an AlmaError if this process may no longer write. */
  check(): void;
  /**
   * Records that the outcome is known, and that the catalog knows what the write affects. A write not ended
   * may still be carried out.
   */
  end(id: string): void;
  /** Resolves when every process that may answer knows of the writes sent. Omitted with a single process. */
  whenKnown?(): Promise<void>;
}

/** The journal of a process that shares and leaves nothing. */
export const noJournal: WriteJournal = { begin: async () => {}, check: () => {}, end: () => {} };
