import { isFromDraft } from "../rule/identity.ts";
import { isOutcomeUnknown, type MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import { type CheckedCreate, checkExisting, findCreated, searchExisting } from "./existing-record.ts";
import { resolveOutcome } from "./unacknowledged-write.ts";

/** A create that was sent and gave no id. */
interface CreateWithoutId {
  /** When it was sent, by the catalog's clock. */
  readonly sentAt: number;
  /** Whether Alma has accepted it, so that it carries nothing out later that a rule forbids. */
  readonly isAccepted: boolean;
  /** What is known, for a message. */
  readonly reason: string;
}

/**
 * Resolves a create that gave no id: it counts as done once the record is found. Until then, and for its settling time
 * unless its outcome is certain, it is unsettled.
 */
export async function resolveCreate(
  create: CheckedCreate,
  { sentAt, isAccepted, reason }: CreateWithoutId,
): Promise<MutationResult> {
  const { write, spec, draft, written } = create;
  const result = await resolveOutcome(write, {
    written,
    sentAt,
    isChange: true,
    async poll(isExhaustive) {
      if (isExhaustive) return findCreated(create);
      const match = await spec.identity.find(write.freshContext(), draft);
      return match && "record" in match && isFromDraft(match, draft) ? match.record.id : undefined;
    },
    predictRefusals: async () => spec.predictRefusals?.(write, draft),
    describeUnknown() {
      const left = write.secondsLeft();
      const advice = `, and while Alma may still carry it out, which is for up to ${left} s, it waits instead of sending a second one`;
      return (
        `${reason}, and it does not show the record so far. Send it again: the gateway first looks by ` +
        `${spec.identity.field(draft)}${left > 0 ? advice : ""}.`
      );
    },
  });
  if (isOutcomeUnknown(result)) return { ...result, sent: draft };
  if (isAccepted) write.invalidate(written);
  return result;
}

/**
 * Waits as long as an earlier create of the same identity may still be carried out. Undefined if it was not done: the
 * record can be created. At the deadline of the operation, the outcome is unknown, and nothing was sent. Throws
 * AlmaError if Alma cannot be read at the end.
 */
export async function waitForEarlierCreate(create: CheckedCreate): Promise<MutationResult | undefined> {
  const { write, spec, draft, lockKeys } = create;
  const { context, readContext, services } = write;
  const earlier = services.unsettled.find(lockKeys);
  if (earlier?.write.verb !== "create") return undefined;
  const { operation } = readContext;
  const polling = pollUntil(context.catalog.clock, earlier.settlesAt, async () =>
    operation.stopReason ? ("stopped" as const) : checkExisting(create),
  );
  const found = await operation.waitFor(polling).catch((error) => {
    if (error !== operation.stopReason) throw error;
    return "stopped" as const;
  });
  if (found !== "stopped") return found ?? searchExisting(create);
  const message =
    `The same create was sent before, without an answer, and Alma does not show the record so far. It may still carry it ` +
    `out, for up to ${services.unsettled.secondsLeft(earlier)} s; nothing was sent now. Send it again: the gateway looks ` +
    `by ${spec.identity.field(draft)} first.`;
  write.addUserError("OUTCOME_UNKNOWN", [], message);
  return write.finishNotDone();
}
