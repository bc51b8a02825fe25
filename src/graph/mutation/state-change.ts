import type { Outcome } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type KnownFields } from "../../catalog/index.ts";
import type { ParsedRef } from "../argument/ref.ts";
import { refPath } from "../write/error-path.ts";
import { findRecord } from "../write/input-refs.ts";
import type { Impact, MutationResult } from "../write/mutation-result.ts";
import type { Write } from "../write/write.ts";
import { describeConflictingContracts } from "./conflicting-contracts.ts";
import { computeImpact, type StateVerb } from "./impact.ts";
import { addBlockRefusal } from "./refusal.ts";
import { resolveOutcome, type UnacknowledgedWrite } from "./unacknowledged-write.ts";

/** The state change to make, and whether the caller selected its impact. */
export interface StateChange {
  readonly verb: StateVerb;
  readonly withImpact: boolean;
}

/** The payload's `note` after a block or unblock: statuses change later (Alma: Apartments, PATCH block). */
const BLOCK_NOTE =
  "Alma has taken it. Its statuses follow by its own clock, so that `status` may still be what it was: a blocked unit or " +
  "room takes no contract all the same, and one that is unblocked may still seem blocked for a while.";

/**
 * Archives, unarchives, blocks or unblocks a unit or a room (Alma: Apartments and Units, PATCH archive and block). The
 * impact is computed before the write, and only if the caller selected it. Throws AlmaError if nothing was written for
 * a reason that the caller cannot correct.
 */
export async function changeState(
  write: Write,
  recordRef: ParsedRef<string> | undefined,
  change: StateChange,
): Promise<MutationResult> {
  const record = recordRef && (await findRecord(write, recordRef));
  if (!record) return write.finishNotDone();
  const run = () => applyStateChange(write, record, change);
  return write.dryRun ? run() : write.services.lock.runExclusive([record.key], run);
}

async function applyStateChange(
  write: Write,
  record: CachedRecord,
  { verb, withImpact }: StateChange,
): Promise<MutationResult> {
  const impactPart = withImpact ? await prepareImpact(write, record, verb) : undefined;
  if (write.hasUserErrors) return write.finishNotDone();
  if (write.dryRun) {
    if (verb === "block") await predictObstacles(write, record);
    return { ...write.finishNotDone(record.id), ...impactPart };
  }
  write.context.checkDeadline();
  const outcome = await sendStateChange(write, record, verb);
  return { ...(await finishStateChange(write, record, verb, outcome)), ...impactPart };
}

/** Computes the impact before anything is sent. If that fails, the field `impact` fails, not the write. */
async function prepareImpact(
  write: Write,
  record: CachedRecord,
  verb: StateVerb,
): Promise<{ readonly impact: Promise<Impact> } | undefined> {
  const { readContext } = write;
  const cutoff = readContext.operation.startedAt;
  const current = await readContext.load({ record, level: DETAIL, cutoff });
  if (!current) {
    write.addUserError("NOT_FOUND", ["ref"], `Alma has no ${record.key}. Correct the ref.`);
    return undefined;
  }
  const impact = computeImpact(readContext, record, verb);
  await impact.catch(() => {});
  // Wrapped in an object: a bare promise would be awaited on return, and its failure would fail the write.
  return { impact };
}

async function predictObstacles(write: Write, record: CachedRecord): Promise<void> {
  const conflicts = await describeConflictingContracts(write, record);
  if (conflicts === undefined) return;
  const message = `${record.key} cannot be blocked while it, or a room of it, has active or planned rent contracts: ${conflicts}.`;
  write.addUserError("OCCUPIED", ["ref"], message);
}

function sendStateChange(
  { resource, callOptions }: Write,
  { id }: CachedRecord,
  verb: StateVerb,
): Promise<Outcome> {
  const { archive, block } = resource;
  if (!archive || !block) throw new Error("Only units and rooms are archived and blocked.");
  if (verb === "archive" || verb === "unarchive") return archive({ id }, verb === "archive", callOptions);
  return block({ id }, verb === "block", callOptions);
}

async function finishStateChange(
  write: Write,
  record: CachedRecord,
  verb: StateVerb,
  outcome: Outcome,
): Promise<MutationResult> {
  const written = { verb, id: record.id };
  const isBlock = verb === "block" || verb === "unblock";
  switch (outcome.outcome) {
    case "not-done":
      throw outcome.error;
    case "done":
      return { ...write.finishDone(record.id, written), ...(isBlock && { note: BLOCK_NOTE }) };
    case "refused": {
      const isNotFound = outcome.status === 404;
      if (verb === "block") await addBlockRefusal(write, record, outcome.problems);
      else write.addProblems(outcome.problems, refPath);
      return write.finishNotDone(isNotFound ? undefined : record.id);
    }
    case "unacknowledged":
      return isBlock
        ? write.finishUnknown(record.id, written, describeUnknownBlock(record, verb))
        : resolveOutcome(write, {
            written,
            sentAt: outcome.sentAt,
            ...unacknowledgedArchive(write, record, verb),
          });
  }
}

function describeUnknownBlock({ key }: CachedRecord, verb: StateVerb): string {
  const advice =
    verb === "block"
      ? "Sending it again does no harm: Alma refuses a second block, or makes one that changes nothing."
      : "Sending it again does no harm.";
  return `${key} was to be ${verb}ed, but the answer was lost, and Alma does not show blocks: it is not known whether it was done. ${advice}`;
}

/** An unacknowledged archive or unarchive counts as done if the record shows it. */
function unacknowledgedArchive(
  write: Write,
  record: CachedRecord,
  verb: StateVerb,
): Pick<UnacknowledgedWrite, "poll" | "describeUnknown"> {
  const isArchiving = verb === "archive";
  return {
    async poll() {
      const freshContext = write.freshContext();
      const current = await freshContext.load({
        record,
        level: DETAIL,
        cutoff: freshContext.operation.namedCutoff,
      });
      return (current?.value as KnownFields<"unit"> | undefined)?.isArchived === isArchiving
        ? record.id
        : undefined;
    },
    describeUnknown: () =>
      `${record.key} was to be ${verb}d, but the answer was lost, and Alma shows it as before. Look at it again ` +
      "in a moment; sending it again does no harm.",
  };
}
