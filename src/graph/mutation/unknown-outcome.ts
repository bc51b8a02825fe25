import type { WriteEffects } from "../../catalog/index.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import { finishDone, finishUnknown, invalidate } from "../write/send.ts";
import type { Write } from "../write/write.ts";

/** A sent write of unknown outcome, and functions that find the outcome. */
interface PolledWrite {
  readonly effects: WriteEffects;
  /** When it was sent, by the catalog's clock. */
  readonly sentAt: number;
  /**
   * Resolves to the id of the record if Alma shows the write. `isExhaustive`: whether to search in every way, with more
   * calls.
   */
  readonly poll: (isExhaustive: boolean) => Promise<number | undefined>;
  /** Whether the record is known to have shown different values before, so that the new values prove this write. */
  readonly isChange: boolean;
  /** Adds a user error for each documented reason for a refusal, since a server error may hide a refusal. */
  readonly predictRefusals?: () => Promise<void>;
  readonly describeUnknown: () => string;
}

/**
 * Polls until a write of unknown outcome proves complete or refused, or until its timeout.
 * Never sends it again.
 */
export async function resolveOutcome(
  write: Write,
  { effects, sentAt, poll, isChange, predictRefusals, describeUnknown }: PolledWrite,
): Promise<MutationResult> {
  const { catalog } = write.context;
  const { timeout } = write.services;
  // Other writes check it too, rather than wait until it is settled.
  if (isChange && write.sent)
    write.sent.checkShown = async () => {
      if ((await poll(true)) === undefined) return false;
      invalidate(write, effects);
      return true;
    };
  let isFirst = true;
  const outcome = await pollUntil(catalog.clock, sentAt + timeout, async (isLast) => {
    const id = await poll(isLast);
    if (id !== undefined || !isFirst) return id;
    isFirst = false;
    await predictRefusals?.();
    if (!write.hasUserErrors()) return undefined;
    // Alma may have performed the write since the last poll; the predicted conflict would then be with the written
    // record itself.
    return (await poll(true)) ?? "refused";
  });
  if (outcome === undefined) return finishUnknown(write, effects, describeUnknown());
  if (outcome !== "refused") return finishDone(write, { ...effects, id: outcome }, isChange);
  // Keep it unsettled: the rule that forbids it now may no longer apply when Alma performs it.
  invalidate(write, effects, false);
  return write.finishNotDone(effects.id);
}
