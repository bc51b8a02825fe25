import type { WriteEffects } from "../store/invalidate.ts";
import type { StoredKey } from "./stored-keys.ts";

/** A write that is about to be sent to Alma, without its values. */
export interface WriteIntent {
  readonly id: string;
  /** The effects if Alma performs it. */
  readonly write: WriteEffects;
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
  /** Resolves when every process that may answer knows the writes sent. */
  whenKnown(): Promise<void>;
}

/** The journal of a process that shares and stores nothing. */
export const noJournal: WriteJournal = {
  begin: async () => {},
  check: () => {},
  end: () => {},
  whenKnown: async () => {},
};
