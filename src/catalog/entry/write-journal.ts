import type { CompletedWrite } from "../store/invalidate.ts";

/** A stored idempotency key, as JSON. */
export interface StoredKey {
  readonly fingerprint: string;
  /**
   * "begun": nothing was sent yet, so the key is free unless a process is working on it. "sent": a call was sent, and
   * its outcome is not recorded. "final" and "undecided": Alma answered, which did or did not decide the outcome.
   */
  readonly state: "begun" | "sent" | "undecided" | "final";
  readonly answer?: unknown;
  /** The mutation that used the key. */
  readonly mutation?: string;
  /** The fingerprint of the record before the write. */
  readonly before?: string;
  /** How long the key is stored, in milliseconds; 24 hours by default. */
  readonly keptFor?: number;
}

/** Stores values by name, as JSON, for all processes. All methods reject with AlmaError. */
export interface StoredValues {
  /** Finds a value. `ms`: the remaining milliseconds until it may be deleted. */
  find(name: string): Promise<{ readonly value: unknown; readonly ms: number } | undefined>;
  /** Stores a value. `ms`: the shortest time for which it is stored, counted while gateways run. */
  keep(name: string, value: unknown, ms: number): Promise<void>;
  forget(name: string): Promise<void>;
}

/** The code of an outcome whose details were erased together with its client. */
export const FORGOTTEN = "FORGOTTEN";

/** Stores idempotency keys for all processes. Both methods reject with AlmaError. */
export interface StoredKeys {
  /** The values of jobs. */
  readonly jobs: StoredValues;
  find(key: string): Promise<StoredKey | undefined>;
  /** Stores a key; without a value, deletes it. */
  keep(key: string, kept: StoredKey | undefined): Promise<void>;
}

/** A write that is about to be sent to Alma, without its values. */
export interface WriteIntent {
  readonly id: string;
  /** The effects if Alma performs it. */
  readonly write: CompletedWrite;
  /** The keys that lock out other such writes; for a create, those of its identity. */
  readonly lockKeys: readonly string[];
  /** When the mutation began, by the catalog's clock. */
  readonly startedAt: number;
  readonly requestId: string;
  /** The forwarding id, if another process forwarded the request. */
  readonly forwardingId?: string;
  /** The caller's idempotency key and its stored value. */
  readonly idempotency?:
    | ({ readonly key: string } & Pick<StoredKey, "fingerprint" | "before" | "keptFor">)
    | undefined;
}

/** Records writes before they are sent, for later processes. */
export interface WriteJournal {
  /** Stores an intent when the write has passed all queues. If this rejects with AlmaError, the write is not sent. */
  begin(intent: WriteIntent): Promise<void>;
  /** The last check before sending. Throws an AlmaError if this process may no longer write. */
  check(): void;
  /**
   * Records that the outcome is known and applied to the catalog. A write that has not ended may still be performed.
   */
  end(id: string): void;
  /** Resolves when every process that may answer knows the writes sent. Omitted with a single process. */
  whenKnown?(): Promise<void>;
}

/** The journal of a process that shares and stores nothing. */
export const noJournal: WriteJournal = { begin: async () => {}, check: () => {}, end: () => {} };
