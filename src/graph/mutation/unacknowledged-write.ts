import type { CompletedWrite } from "../../catalog/index.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import type { Write } from "../write/write.ts";

/** A write that was sent and whose answer was lost. */
export interface UnacknowledgedWrite {
  readonly written: Omit<CompletedWrite, "kind">;
  /** When it left, by the clock. */
  readonly sentAt: number;
  /** The id of the record, if Alma shows that the write was done. `everywhere`: by every way there is. */
  readonly poll: (isExhaustive: boolean) => Promise<number | undefined>;
  /** Notes in the write why Alma refuses it for certain: "an exception" may be all that it answers then. */
  readonly predictRefusals?: () => Promise<void>;
  /** What to say if nobody can tell. */
  readonly unknownMessage: string;
}

/**
 * What became of a write without an answer, as far as looking tells: it was done, or Alma refuses it for certain, or
 * nobody knows. It is never sent again.
 */
export async function resolveOutcome(
  write: Write,
  { written, sentAt, poll, predictRefusals, unknownMessage }: UnacknowledgedWrite,
): Promise<MutationResult> {
  const { catalog } = write.context;
  const { timeout } = write.services;
  let isFirst = true;
  const outcome = await pollUntil(catalog.clock, sentAt + timeout, async (isLate) => {
    const id = await poll(isLate);
    if (id !== undefined || !isFirst) return id;
    isFirst = false;
    await predictRefusals?.();
    if (!write.hasUserErrors) return undefined;
    // It may have been carried out since the look: then what is in the way is the record itself, or came after it.
    return (await poll(true)) ?? "refused";
  });
  if (outcome === undefined) return write.finishUnknown(written.id, written, unknownMessage);
  if (outcome !== "refused") return write.finishDone(outcome, written);
  catalog.noteUnacknowledgedWrite({ ...written, kind: write.kind }, timeout);
  return write.finishNotDone(written.id);
}
