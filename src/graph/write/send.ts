import { randomUUID } from "node:crypto";
import type { CallOptions, WriteOutcome } from "../../alma/index.ts";
import { NEVER } from "../../catalog/index.ts";
import { doneResult, type MutationResult } from "./mutation-result.ts";
import { userError } from "./user-error.ts";
import type { PreparedWrite } from "./write.ts";
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
  } else if ("isOver" in outcome && outcome.isOver) settle(prepared);
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

/** Invalidates the data that a write affects or may affect. */
export function invalidate({ write, effects }: PreparedWrite): void {
  write.context.catalog.noteWrite(effects, write.sent?.cause);
}

/** Invalidates the data that a write affects, and ends it: Alma does not perform it later. */
export function settle(prepared: PreparedWrite): void {
  const { services, sent } = prepared.write;
  invalidate(prepared);
  if (sent) services.unsettled.settle(sent);
}

/** Settles a completed write and returns its result. `id`: the record, which a create does not know before. */
export function finishDone(prepared: PreparedWrite, id = prepared.effects.id): MutationResult {
  settle({ ...prepared, effects: { ...prepared.effects, id } });
  return doneResult(id);
}

/** Returns the result of a write of unknown outcome and invalidates the data it may affect. A create has no id. */
export function finishUnknown(prepared: PreparedWrite, message: string): MutationResult {
  invalidate(prepared);
  const {
    effects: { id },
    write: { services, sent },
  } = prepared;
  const left = id === undefined ? 0 : services.unsettled.secondsLeft(sent);
  const advice = ` Alma may still make the change within ${left} s; until then, conflicting writes are not sent.`;
  const userErrors = [userError("OUTCOME_UNKNOWN", [], left > 0 ? message + advice : message)];
  return { id, userErrors, isWritten: id !== undefined };
}
