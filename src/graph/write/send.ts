import { randomUUID } from "node:crypto";
import type { CallOptions, WriteOutcome } from "../../alma/index.ts";
import { NEVER, type WriteEffects } from "../../catalog/index.ts";
import type { MutationResult } from "./mutation-result.ts";
import { userError } from "./user-error.ts";
import type { Write } from "./write.ts";
import { SentBefore } from "./write-context.ts";

/**
 * Sends a write to Alma once. Until its outcome is known, the write is in the journal, where a later process finds it
 * after a crash, and among the unsettled writes, which hold back conflicting writes. The answer decides:
 *
 * | answer | then |
 * | --- | --- |
 * | refused, or certainly not done | the write is settled: nothing has changed |
 * | a failure after which Alma no longer performs it | it is settled, and what it may have changed is invalidated |
 * | anything else | the caller reads the outcome; the write settles then, or after WRITE_SETTLING_TIME |
 *
 * Throws SentBefore for a job's write that may have been sent. `fields`: the sent fields. `before`: see
 * `MutationResult`.
 */
export async function send(
  write: Write,
  effects: WriteEffects,
  fields: readonly string[],
  lockKeys: readonly string[],
  sendTo: (options: CallOptions) => Promise<WriteOutcome>,
  before?: string,
): Promise<WriteOutcome> {
  const { request, catalog, mutation, mayHaveSent } = write.context;
  if (request.isBulk && mayHaveSent) throw new SentBefore("It may have been sent before.");
  const { unsettled } = write.services;
  const { requestId, operation } = write.readContext;
  const by = { name: request.caller?.name ?? null, operation: mutation, requestId };
  const cause = catalog.written.beginWrite(effects, fields, by, catalog.clock());
  write.cause = cause;
  const { priority, onSent } = operation;
  const { sendGuard, onEnd } = recordInJournal(write, effects, lockKeys, before);
  const answer = sendTo({ priority, requestId, onSent, sendGuard });
  const inFlight = unsettled.note({ write: effects, cause, lockKeys, answer, onEnd });
  write.inFlight = inFlight;
  const outcome = await answer.catch((error) => {
    unsettled.noteAnswered(inFlight, catalog.clock());
    throw error;
  });
  if (outcome.outcome === "refused" || outcome.outcome === "not-done") {
    cause.endedAt = NEVER;
    settle(write);
  } else if ("isOver" in outcome && outcome.isOver) invalidate(write, effects);
  else unsettled.noteAnswered(inFlight, "sentAt" in outcome ? outcome.sentAt : outcome.endedAt);
  return outcome;
}

/** Returns the guard that records a write in the journal before it is sent, and `onEnd`, which removes it again. */
function recordInJournal(
  { context, services: { journal }, readContext: { requestId, operation } }: Write,
  write: WriteEffects,
  lockKeys: readonly string[],
  before: string | undefined,
) {
  const { startedAt } = operation;
  const { forwardingId } = context.request;
  const idempotency = context.idempotency && { ...context.idempotency, before };
  const id = randomUUID();
  let begun: Promise<void> | undefined;
  return {
    sendGuard: {
      prepare() {
        begun ??= journal.begin({ id, write, lockKeys, startedAt, requestId, forwardingId, idempotency });
        return begun;
      },
      check() {
        journal.check();
        context.hasSent = true;
      },
    },
    onEnd() {
      if (begun) journal.end(id);
      begun = undefined;
    },
  };
}

/** Settles a write whose outcome is known, so that other writes no longer wait for it. */
function settle(write: Write) {
  if (write.inFlight) write.services.unsettled.end(write.inFlight);
  write.inFlight = undefined;
}

/** Invalidates the data that a write affects or may affect. `isSettled`: see `finishDone`. */
export function invalidate(write: Write, effects: WriteEffects, isSettled = true): void {
  write.context.catalog.noteWrite(effects, write.cause);
  if (isSettled) settle(write);
}

/** Returns the seconds during which Alma may still perform the sent write. */
export const secondsLeft = ({ services, inFlight }: Write): number =>
  services.unsettled.secondsLeft(inFlight);

/**
 * Returns the result of a completed write and invalidates the affected data. `isSettled`: whether it is certain that
 * Alma does not perform it later.
 */
export function finishDone(write: Write, effects: WriteEffects, isSettled = true): MutationResult {
  invalidate(write, effects, isSettled);
  return { id: effects.id, userErrors: [], isWritten: true };
}

/** Returns the result of a write of unknown outcome and invalidates the data it may affect. A create has no id. */
export function finishUnknown(write: Write, effects: WriteEffects, message: string): MutationResult {
  invalidate(write, effects, false);
  const { id } = effects;
  const left = id === undefined ? 0 : secondsLeft(write);
  const advice = ` Alma may still make the change within ${left} s; until then, conflicting writes are not sent.`;
  const userErrors = [userError("OUTCOME_UNKNOWN", [], left > 0 ? message + advice : message)];
  return { id, userErrors, isWritten: id !== undefined };
}
