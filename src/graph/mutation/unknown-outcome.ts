import { doneResult, type MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import { finishDone, invalidate, settle } from "../write/send.ts";
import type { PreparedWrite } from "../write/write.ts";

/** A sent write of unknown outcome, and functions that find the outcome. */
interface PolledWrite {
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
}

/**
 * Finds out what became of a write whose answer was lost. Never sends it again. It polls Alma until one of these is
 * certain, or the timeout has passed:
 *
 * | found | result |
 * | --- | --- |
 * | Alma shows the write | done |
 * | a documented rule forbids it, and Alma does not show it | refused, with that rule as user error |
 * | neither, within the timeout | undefined |
 */
export async function resolveOutcome(
  prepared: PreparedWrite,
  { sentAt, poll, isChange, predictRefusals }: PolledWrite,
): Promise<MutationResult | undefined> {
  const { write, effects } = prepared;
  const { catalog } = write.context;
  const { timeout } = write.services;
  // A conflicting write that waits for this one can check it too, and need not wait until it is settled.
  if (isChange && write.sent)
    write.sent.checkShown = async () => {
      if ((await poll(true)) === undefined) return false;
      settle(prepared);
      return true;
    };
  let isFirst = true;
  const outcome = await pollUntil(catalog.clock, sentAt + timeout, async (isLast) => {
    const id = await poll(isLast);
    if (id !== undefined || !isFirst) return id;
    isFirst = false;
    await predictRefusals?.();
    if (!write.hasUserErrors()) return undefined;
    // Alma may have performed the write since the last poll. The predicted conflict is then one with the written record
    // itself.
    return (await poll(true)) ?? "refused";
  });
  if (outcome === undefined) return undefined;
  if (outcome === "refused") {
    // It stays unsettled: Alma may perform it later, when the rule no longer forbids it.
    invalidate(prepared);
    return write.finishNotDone(effects.id);
  }
  if (isChange) return finishDone(prepared, outcome);
  // It stays unsettled: the record may have shown the same before.
  invalidate(prepared);
  return doneResult(outcome);
}
