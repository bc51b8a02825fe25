import { randomUUID } from "node:crypto";
import type { CallOptions, Outcome } from "../../alma/index.ts";
import type { WriteIntent, WriteJournal } from "../../catalog/index.ts";

/**
 * The intents of one write: an unacknowledged write stays begun until its outcome is decided. `onDeparture` is called
 * before the bytes leave.
 */
export function createWriteIntents(journal: WriteJournal, onDeparture: () => void) {
  let ids: string[] = [];
  return {
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
          if (!begun) ids.push(stored.id);
          begun ??= journal.begin(stored);
          return begun;
        },
        check: () => {
          journal.check();
          onDeparture();
        },
      };
      return send({ ...options, departure });
    },
    /** Notes that the outcomes of what was sent are known. */
    end(): void {
      for (const id of ids) journal.end(id);
      ids = [];
    },
  };
}
