import type { MutationResult } from "../write/user-error.ts";
import { pollUntil } from "../write/when-clear.ts";
import type { Write, Written } from "../write/write.ts";

/** A write that was sent but not answered, and how to find out its outcome. */
interface UnacknowledgedWrite {
  readonly written: Written;
  /** When it was sent, by the catalog's clock. */
  readonly sentAt: number;
  /**
   * Resolves to the id of the record if Alma shows that the write was done. `isExhaustive` searches in every
   * way, with more calls.
   */
  readonly poll: (isExhaustive: boolean) => Promise<number | undefined>;
  /**
   * Whether the record is known to have shown something else before, so that finding it done proves this
   * write.
   */
  readonly isChange: boolean;
  /** Adds a user error for each documented reason for a refusal, since a server error may have been one. */
  readonly predictRefusals?: () => Promise<void>;
  readonly describeUnknown: () => string;
}

/**
 * Polls until an unacknowledged write proves done or refused, or until its timeout, when its outcome is
 * unknown. Never sends it again.
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
    // Alma may have done the write since the poll; the predicted conflict is then with the written record
    // itself.
    return (await poll(true)) ?? "refused";
  });
  if (outcome === undefined) return write.finishUnknown(written, describeUnknown());
  if (outcome !== "refused") return write.finishDone(outcome, written, isChange);
  // Until it is settled: a rule that forbids it now may no longer do so when Alma carries it out.
  write.noteUnacknowledged(written);
  return write.finishNotDone(written.id);
}
