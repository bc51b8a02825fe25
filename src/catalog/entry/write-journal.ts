import type { CompletedWrite } from "../store/affected-records.ts";
import type { StoredKey } from "./stored-keys.ts";

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
  /** That of a request which another process has handed on. */
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
