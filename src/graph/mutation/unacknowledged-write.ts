import type { CompletedWrite } from "../../catalog/index.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import type { Write } from "../write/write.ts";

/** A write that was sent and got no answer, and how to find out what became of it. */
export interface UnacknowledgedWrite {
  readonly written: Omit<CompletedWrite, "kind">;
  /** When it was sent, by the catalog's clock. */
  readonly sentAt: number;
  /**
   * The id of the record if Alma shows that the write was done. `isExhaustive` asks for every way to find the record,
   * at more calls.
   */
  readonly poll: (isExhaustive: boolean) => Promise<number | undefined>;
  /**
   * Adds a user error for each documented reason for which Alma refuses the write: Alma may have answered a refusal
   * with a server error.
   */
  readonly predictRefusals?: () => Promise<void>;
  /** The message of OUTCOME_UNKNOWN. */
  readonly unknownMessage: string;
}

/**
 * Polls until the outcome of an unacknowledged write is decided: it was done, Alma refuses it for certain, or the
 * outcome stays unknown. The write is never sent again.
 */
export async function resolveOutcome(
  write: Write,
  { written, sentAt, poll, predictRefusals, unknownMessage }: UnacknowledgedWrite,
): Promise<MutationResult> {
  const { catalog } = write.context;
  const { timeout } = write.services;
  let isFirst = true;
  const outcome = await pollUntil(catalog.clock, sentAt + timeout, async (isLast) => {
    const id = await poll(isLast);
    if (id !== undefined || !isFirst) return id;
    isFirst = false;
    await predictRefusals?.();
    if (!write.hasUserErrors) return undefined;
    // Alma may have done the write since the poll. Then the conflict is with the written record itself, or a later one.
    return (await poll(true)) ?? "refused";
  });
  if (outcome === undefined) return write.finishUnknown(written.id, written, unknownMessage);
  if (outcome !== "refused") return write.finishDone(outcome, written);
  catalog.noteUnacknowledgedWrite({ ...written, kind: write.kind }, timeout);
  return write.finishNotDone(written.id);
}
