import { randomUUID } from "node:crypto";
import type { CallOptions, WriteOutcome } from "../../alma/index.ts";
import { NEVER } from "../../catalog/index.ts";
import type { MutationResult } from "./mutation-result.ts";
import { userError } from "./user-error.ts";
import type { PreparedWrite, Write } from "./write.ts";
import { SentBeforeError } from "./write-context.ts";

/** How a write is sent. */
interface SendOptions {
  /** The sent fields. */
  readonly fields: readonly string[];
  /** See `MutationResult`. */
  readonly before?: string;
  readonly sendTo: (options: CallOptions) => Promise<WriteOutcome>;
}

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
 * Throws the reason if the write is certainly not done, and SentBeforeError for a job's write that may have been sent.
 */
export async function send(prepared: PreparedWrite, { fields, before, sendTo }: SendOptions) {
  const { write, effects, lockKeys } = prepared;
  const { request, catalog, mutation, mayHaveSent } = write.context;
  if (request.isBulk && mayHaveSent) throw new SentBeforeError("It may have been sent before.");
  const { unsettled } = write.services;
  const { requestId, operation } = write.readContext;
  const by = { name: request.caller?.name ?? null, operation: mutation, requestId };
  const cause = catalog.serialized.beginWrite(effects, fields, by, catalog.clock());
  const { priority, onSent } = operation;
  const { sendGuard, onEnd } = recordInJournal(prepared, before);
  const answer = sendTo({ priority, requestId, onSent, sendGuard });
  const sent = unsettled.note({ write: effects, cause, lockKeys, answer, onEnd });
  write.sent = sent;
  const outcome = await answer.catch((error) => {
    unsettled.noteAnswered(sent, catalog.clock());
    throw error;
  });
  if (outcome.outcome === "refused" || outcome.outcome === "not-done") {
    cause.endedAt = NEVER;
    unsettled.settle(sent);
  } else if ("isOver" in outcome && outcome.isOver) invalidate(prepared);
  else unsettled.noteAnswered(sent, "sentAt" in outcome ? outcome.sentAt : outcome.endedAt);
  if (outcome.outcome === "not-done") throw outcome.error;
  return outcome;
}

/** Returns the guard that records a write in the journal before it is sent, and `onEnd`, which removes it again. */
function recordInJournal({ write, effects, lockKeys }: PreparedWrite, before: string | undefined) {
  const { context, readContext } = write;
  const { journal } = write.services;
  const { requestId } = readContext;
  const { startedAt } = readContext.operation;
  const { forwardingId } = context.request;
  const idempotency = context.idempotency && { ...context.idempotency, before };
  const id = randomUUID();
  let begun: Promise<void> | undefined;
  return {
    sendGuard: {
      prepare() {
        begun ??= journal.begin({
          id,
          write: effects,
          lockKeys,
          startedAt,
          requestId,
          forwardingId,
          idempotency,
        });
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

/** Invalidates the data that a write affects or may affect. `isSettled`: see `finishDone`. */
export function invalidate(
  { write, effects }: Pick<PreparedWrite, "write" | "effects">,
  isSettled = true,
): void {
  const { context, services, sent } = write;
  context.catalog.noteWrite(effects, sent?.cause);
  if (isSettled && sent) services.unsettled.settle(sent);
}

/** Returns the seconds during which Alma may still perform the sent write. */
export const secondsLeft = ({ services, sent }: Write): number => services.unsettled.secondsLeft(sent);

/**
 * Returns the result of a completed write and invalidates the affected data. `id`: the record, which a create does not
 * know before. `isSettled`: whether it is certain that Alma does not perform it later.
 */
export function finishDone(
  { write, effects }: PreparedWrite,
  id = effects.id,
  isSettled = true,
): MutationResult {
  invalidate({ write, effects: { ...effects, id } }, isSettled);
  return { id, userErrors: [], isWritten: true };
}

/** Returns the result of a write of unknown outcome and invalidates the data it may affect. A create has no id. */
export function finishUnknown(prepared: PreparedWrite, message: string): MutationResult {
  invalidate(prepared, false);
  const { id } = prepared.effects;
  const left = id === undefined ? 0 : secondsLeft(prepared.write);
  const advice = ` Alma may still make the change within ${left} s; until then, conflicting writes are not sent.`;
  const userErrors = [userError("OUTCOME_UNKNOWN", [], left > 0 ? message + advice : message)];
  return { id, userErrors, isWritten: id !== undefined };
}
