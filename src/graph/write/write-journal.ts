import { randomUUID } from "node:crypto";
import type { CallOptions, Outcome } from "../../alma/index.ts";
import type { CompletedWrite } from "../../catalog/index.ts";

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
  readonly forwardingId?: string | undefined;
  /** The key under which its caller repeats it, and the fingerprint of the request. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
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

/** The intents of one write: an unacknowledged write stays begun until its outcome is decided. */
export class WriteIntents {
  readonly #journal: WriteJournal;
  readonly #onDeparture: () => void;
  #ids: string[] = [];

  /** `onDeparture` is called before the bytes leave. */
  constructor(journal: WriteJournal, onDeparture: () => void) {
    this.#journal = journal;
    this.#onDeparture = onDeparture;
  }

  /** Sends a write, which is stored before it leaves. */
  async send(
    intent: Omit<WriteIntent, "id">,
    options: CallOptions,
    send: (options: CallOptions) => Promise<Outcome>,
  ): Promise<Outcome> {
    const stored: WriteIntent = { id: randomUUID(), ...intent };
    let begun: Promise<void> | undefined;
    const departure = {
      prepare: () => {
        if (!begun) this.#ids.push(stored.id);
        begun ??= this.#journal.begin(stored);
        return begun;
      },
      check: () => {
        this.#journal.check();
        this.#onDeparture();
      },
    };
    const outcome = await send({ ...options, departure });
    if (outcome.outcome === "refused" || outcome.outcome === "not-done") this.end();
    return outcome;
  }

  /** Notes that the outcomes of what was sent are known. */
  end(): void {
    for (const id of this.#ids) this.#journal.end(id);
    this.#ids = [];
  }
}
