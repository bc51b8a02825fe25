import type { MutationResult } from "../write/user-error.ts";
import { pollUntil } from "../write/when-clear.ts";
import type { Write, Written } from "../write/write.ts";

/** A write that was sent and got no answer, and how to find out its outcome. */
interface UnacknowledgedWrite {
  readonly written: Written;
  /** When it was sent, by the catalog's clock. */
  readonly sentAt: number;
  /**
   * Resolves to the id of the record if Alma shows that the write was done. `isExhaustive` searches in every way, with
   * more calls.
   */
  readonly poll: (isExhaustive: boolean) => Promise<number | undefined>;
  /** Whether the record was known to show something else before, so that a poll that finds it done proves that. */
  readonly isChange: boolean;
  /**
   * Adds a user error for each documented reason for which Alma refuses the write: the server error may have been a
   * refusal.
   */
  readonly predictRefusals?: () => Promise<void>;
  /** The message of OUTCOME_UNKNOWN. */
  readonly describeUnknown: () => string;
}

/**
 * Polls until an unacknowledged write is found done or refused, or until its timeout, when its outcome is unknown. The
 * write is never sent again.
 */
export async function resolveOutcome(
  write: Write,
  { written, sentAt, poll, isChange, predictRefusals, describeUnknown }: UnacknowledgedWrite,
): Promise<MutationResult> {
  const { catalog } = write.context;
  const { timeout } = write.services;
  if (isChange) write.lookBy(async () => (await poll(true)) !== undefined, written);
  let isFirst = true;
  const outcome = await pollUntil(catalog.clock, sentAt + timeout, async (isLast) => {
    const id = await poll(isLast);
    if (id !== undefined || !isFirst) return id;
    isFirst = false;
    await predictRefusals?.();
    if (!write.hasUserErrors) return undefined;
    // Alma may have done the write since the poll: the predicted conflict is then with the written record itself.
    return (await poll(true)) ?? "refused";
  });
  if (outcome === undefined) return write.finishUnknown(written, describeUnknown());
  if (outcome !== "refused") return write.finishDone(outcome, written, isChange);
  // Until it is settled: a rule that forbids it now may not forbid it any more when Alma carries it out.
  write.noteUnacknowledged(written);
  return write.finishNotDone(written.id);
}
