import { randomUUID } from "node:crypto";
import type { CallOptions, Outcome } from "../../alma/index.ts";
import type { WriteIntent, WriteJournal } from "../../catalog/index.ts";

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
  send(
    intent: Omit<WriteIntent, "id">,
    options: CallOptions,
    send: (options: CallOptions) => Promise<Outcome>,
  ): Promise<Outcome> {
    const stored = { id: randomUUID(), ...intent };
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
    return send({ ...options, departure });
  }

  /** Notes that the outcomes of what was sent are known. */
  end(): void {
    for (const id of this.#ids) this.#journal.end(id);
    this.#ids = [];
  }
}
