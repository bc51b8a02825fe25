import type { CachedRecord, KnownFields } from "../../catalog/index.ts";
import type { ParsedRef } from "../argument/ref.ts";
import type { ExpectedImpact } from "../generated.ts";
import { describeConflictingContracts, joinFirst } from "../input/conflicting-contracts.ts";
import { addBlockRefusal } from "../input/draft-refusal.ts";
import { readExpected, refuseConflicts, resolveRef } from "../input/input-refs.ts";
import { doneResult, type Impact, type MutationResult } from "../write/mutation-result.ts";
import { pollShown } from "../write/polling.ts";
import { finishDone, finishUnknown, send, settle } from "../write/send.ts";
import { refPath } from "../write/user-error.ts";
import { waitUntilClear } from "../write/when-clear.ts";
import type { InputFields, PreparedWrite, Write } from "../write/write.ts";
import { computeImpact } from "./impact.ts";
import type { StateVerb } from "./impact-wording.ts";
import { resolveOutcome } from "./unknown-outcome.ts";

/** A requested state change. */
interface StateChange {
  readonly verb: StateVerb;
  /** Whether the impact is selected. */
  readonly withImpact: boolean;
  /** The expected values of the record, if given. */
  readonly expected?: InputFields | null;
  /** The expected impact, if given. The write must not exceed it. */
  readonly expectedImpact?: ExpectedImpact | null;
  /** The result of unknown outcome with the same idempotency key. */
  readonly earlier?: MutationResult;
}

interface RequestedChange extends StateChange, PreparedWrite {
  readonly record: CachedRecord;
}

/** The payload's `note`: the effect in Alma, and that statuses change later (Alma: Apartments, PATCH block). */
const NOTES = {
  block:
    "Alma accepted the block, so no contract can be made now. It updates `status` later, on its own schedule, so " +
    "`status` may still be unchanged.",
  unblock:
    "Alma accepted the unblock. It removes the blocks without an end and those that begin today; a block that ends on " +
    "a date stays until then, and Alma does not show blocks. It updates `status` later, on its own schedule, so " +
    "`status` may still be unchanged.",
};

/**
 * Archives, unarchives, blocks or unblocks a unit or room (Alma: Apartments and Units, PATCH archive and
 * block). Computes the impact before the write if it is selected or expected. Throws AlmaError if nothing was
 * written for a reason that the caller cannot correct.
 */
export async function changeState(
  write: Write,
  recordRef: ParsedRef | undefined,
  change: StateChange,
): Promise<MutationResult> {
  const record = recordRef && (await resolveRef(write, recordRef));
  const expected = await readExpected(write, change.expected);
  if (!record) return write.finishNotDone(undefined, change.earlier);
  const effects = { kind: write.kind, verb: change.verb, id: record.id };
  const lockKeys = [record.key];
  const run = () => applyStateChange({ ...change, write, record, effects, lockKeys, expected });
  return write.dryRun ? run() : write.services.runExclusive(lockKeys, run);
}

/** Applies the change once no unsettled write can interfere; starts again after a wait for one. */
async function applyStateChange(change: RequestedChange): Promise<MutationResult> {
  const { write, record, verb, withImpact, expected, expectedImpact, earlier } = change;
  if (earlier?.sent) {
    // Blocks cannot be read, so this process records no sent block: another process sent this one.
    if (!isArchiveVerb(verb)) return finishUnknown(change, describeUnknownBlock(change));
    if ((await readArchived(change)) === isArchiving(verb))
      return { ...finishDone(change), impact: earlier.impact };
    // Until it has settled, Alma may still perform it, even if the checks below refuse it by now.
    if ((await waitUntilClear(change)) === "waited") return applyStateChange(change);
  }
  const impactPart = withImpact || expectedImpact ? await prepareImpact(change) : undefined;
  if (expectedImpact && impactPart) refuseUnseen(change, expectedImpact, await impactPart.impact);
  if (write.hasUserErrors()) return { ...write.finishNotDone(impactPart && record.id), ...impactPart };
  if (write.dryRun) {
    if (verb === "block") await predictObstacles(change);
    if (expected) await refuseConflicts(write, record, expected);
    return { ...write.finishNotDone(record.id), ...impactPart };
  }
  write.context.checkDeadline();
  if ((await waitUntilClear(change)) === "waited") return applyStateChange(change);
  const isThere = !expected || (await refuseConflicts(write, record, expected)) !== undefined;
  if (write.hasUserErrors())
    return { ...write.finishNotDone(isThere ? record.id : undefined), ...impactPart };
  // A conflicting write may have been sent during that read.
  if (expected && (await waitUntilClear(change)) === "waited") return applyStateChange(change);
  // Another system may have changed a cached record, so only a read for this write proves a change.
  const isChange = write.hasRead(record) && record.value.isArchived === !isArchiving(verb);
  return { ...(await sendStateChange(change, isChange)), ...impactPart };
}

/** Computes the impact before the write. A failure fails the field `impact`, not the write. */
async function prepareImpact({ write, record, verb }: RequestedChange) {
  const { readContext } = write;
  const cutoff = readContext.operation.startedAt;
  const current = await readContext.loadDetail(record, cutoff);
  if (!current) {
    write.addUserError("NOT_FOUND", ["ref"], `Alma has no ${record.key}. Correct the ref.`);
    return undefined;
  }
  const impact = computeImpact(readContext, record, verb);
  await impact.catch(() => {});
  // Wrapped in an object: a returned promise would be awaited, and its failure would fail the write.
  return { impact };
}

/** Refuses a write that would or might change more records than the caller expects. */
function refuseUnseen({ write, record }: RequestedChange, expected: ExpectedImpact, impact: Impact) {
  for (const field of ["rooms", "contracts"] as const) {
    const seen = expected[field];
    if (!seen) continue;
    const now = impact[field]?.map(({ record: { key } }) => key);
    const unseen = now?.filter((key) => !seen.includes(key)) ?? [];
    const isKnown = now !== undefined && impact.failedReads.length === 0;
    if (unseen.length === 0 && isKnown) continue;
    const what =
      unseen.length > 0
        ? `also changes ${joinFirst(unseen)}`
        : `may change other ${field} too, which could not be read`;
    const message = `This ${what}, beside ${record.key} and what is expected, so nothing was written. Look at the impact again, and send the change with the values it shows now.`;
    write.addUserError("CONFLICT", ["expectedImpact", field], message, { now });
  }
}

async function predictObstacles({ write, record }: RequestedChange) {
  const conflicts = await describeConflictingContracts(write, record);
  if (!conflicts) return;
  const message = `${record.key} cannot be blocked while it, or a room of it, has active or planned rent contracts: ${conflicts}.`;
  write.addUserError("OCCUPIED", ["ref"], message);
}

/** Sends the change. `isChange`: whether the record is known to have shown the opposite before. */
async function sendStateChange(change: RequestedChange, isChange: boolean) {
  const { write, record, verb } = change;
  const { id } = record;
  const outcome = await send(change, {
    fields: [isArchiveVerb(verb) ? "isArchived" : "status"],
    sendTo: (options) =>
      isArchiveVerb(verb)
        ? write.resource.archive({ id }, isArchiving(verb), options)
        : write.resource.block({ id }, verb === "block", options),
  });
  switch (outcome.outcome) {
    case "done":
      if (isArchiveVerb(verb)) return finishAcceptedArchive(change, outcome.id !== undefined);
      return { ...finishDone(change), note: NOTES[verb] };
    case "refused": {
      if (verb === "block") await addBlockRefusal(write, record, outcome);
      else write.addProblems(outcome.problems, refPath);
      return write.finishNotDone(outcome.status === 404 ? undefined : id);
    }
    case "unknown":
      if (isArchiveVerb(verb)) return resolveUnknownArchive(change, outcome.sentAt, isChange);
      return finishUnknown(change, describeUnknownBlock(change));
  }
}

function describeUnknownBlock({ record: { key }, verb }: RequestedChange) {
  const advice =
    verb === "block"
      ? "You can safely send it again: Alma refuses a second block, or makes one that changes nothing."
      : "You can safely send it again.";
  return `Alma has not confirmed that it ${verb}ed ${key}, and does not show blocks, so the outcome is unknown. ${advice}`;
}

/** Resolves an archive or unarchive of unknown outcome: complete if the record shows it. */
async function resolveUnknownArchive(change: RequestedChange, sentAt: number, isChange: boolean) {
  const { record, verb } = change;
  const result = await resolveOutcome(change, {
    sentAt,
    isChange,
    poll: async () => ((await readArchived(change)) === isArchiving(verb) ? record.id : undefined),
  });
  return result ?? finishUnknownArchive(change, "its answer was lost, and Alma does not show the change");
}

/**
 * Resolves an accepted archive or unarchive: complete unless Alma keeps showing the opposite. `hasId`: whether the
 * answer contained the record's id, so that the write counts as complete even if the record cannot be read.
 */
async function finishAcceptedArchive(change: RequestedChange, hasId: boolean) {
  const { write, record, verb } = change;
  settle(change);
  const isShown = (shown: { readonly isArchived: unknown }) => shown.isArchived !== !isArchiving(verb);
  const read = async () => ({ isArchived: await readArchived(change) });
  const shown = await pollShown(write.context.catalog, read, isShown);
  if (shown ? isShown(shown) : hasId) return doneResult(record.id);
  const evidence = shown ? "Alma still shows the old state" : "the record cannot be read";
  return finishUnknownArchive(change, evidence);
}

const isArchiveVerb = (verb: StateVerb) => verb === "archive" || verb === "unarchive";

const isArchiving = (verb: StateVerb) => verb === "archive";

async function readArchived({ write, record }: RequestedChange) {
  return ((await write.readNow(record))?.value as KnownFields<"unit"> | undefined)?.isArchived;
}

function finishUnknownArchive(change: RequestedChange, evidence: string): MutationResult {
  const { record, verb } = change;
  const message = `The request to ${verb} ${record.key} was sent to Alma, but ${evidence}. Check it again in a moment; you can safely send it again.`;
  return { ...finishUnknown(change, message), sent: {} };
}
