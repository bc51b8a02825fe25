import type { AlmaError } from "../../alma/index.ts";
import { bestEffort } from "../write/best-effort.ts";
import { createPathMapper } from "../write/error-path.ts";
import { checkInput } from "../write/input-checks.ts";
import { resolveInputRefs } from "../write/input-refs.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { Match, WriteSpec } from "../write/write-spec.ts";
import { isFromDraft } from "./identity.ts";
import { addDraftRefusal } from "./refusal.ts";
import { resolveOutcome, type UnacknowledgedWrite } from "./unacknowledged-write.ts";

type IdsByField = Readonly<Record<string, number>>;

/** A placeholder for the id of a record that a dry run only plans to create. It is never sent. */
const PLACEHOLDER_ID = 1;

/**
 * Creates a record exactly once. Creates of the same record run one at a time, and each first checks whether the record
 * exists. An unacknowledged POST is polled for and never sent again. `plannedFields` are the ref fields whose records a
 * dry run only plans to create. Throws AlmaError if nothing was written for a reason that the caller cannot correct.
 */
export async function createRecord(
  write: Write,
  spec: WriteSpec,
  input: InputFields,
  plannedFields: readonly string[] = [],
): Promise<MutationResult> {
  checkInput(write, spec, input);
  const parents = await resolveInputRefs(write, spec, input);
  const plannedIds = Object.fromEntries(plannedFields.map((field) => [field, PLACEHOLDER_ID]));
  const draft = buildDraft(write, spec, input, { ...parents, ...plannedIds });
  write.addProblems(write.resource.checkDraft(draft), createPathMapper(draft));
  if (write.hasUserErrors) return write.finishNotDone();
  if (write.dryRun) return dryRunCreate(write, spec, draft, plannedFields.length > 0);
  return write.services.lock.runExclusive(spec.identity.lockKeys(draft), () =>
    createUnlessExisting(write, spec, draft, parents),
  );
}

/** Builds the draft for Alma's client: ids instead of refs, a photo set, defaults for omitted fields. */
function buildDraft(
  { services }: Write,
  spec: WriteSpec,
  input: InputFields,
  parents: IdsByField,
): InputFields {
  const nonRefFields = Object.entries(input).filter(
    ([name, value]) => value != null && spec.refs?.[name] === undefined,
  );
  const { photos, ...fields } = Object.fromEntries(nonRefFields);
  return {
    ...spec.defaults?.(services),
    ...fields,
    ...parents,
    ...(photos !== undefined && { photos: { add: photos as number[] } }),
  };
}

async function dryRunCreate(
  write: Write,
  spec: WriteSpec,
  draft: InputFields,
  hasPlannedParents: boolean,
): Promise<MutationResult> {
  const existing = await checkExisting(write, spec, draft);
  if (existing) return existing;
  // A parent that is only planned has no records yet that the new one could conflict with.
  if (!hasPlannedParents) await spec.predictRefusals?.(write, draft);
  return write.finishNotDone();
}

/** The result of a create whose record exists or is forbidden; undefined if the record can be created. */
async function checkExisting(
  write: Write,
  spec: WriteSpec,
  draft: InputFields,
): Promise<MutationResult | undefined> {
  const match = await spec.identity.find(write.freshContext(), draft);
  if (!match) return undefined;
  if ("record" in match) return refuseExisting(write, match);
  write.addUserError(match.code, ["input", match.field], match.message);
  return write.finishNotDone();
}

async function createUnlessExisting(
  write: Write,
  spec: WriteSpec,
  draft: InputFields,
  parents: IdsByField,
): Promise<MutationResult> {
  const existing = await checkExisting(write, spec, draft);
  if (existing) return existing;
  write.context.checkDeadline();
  const outcome = await write.resource.create(draft, write.callOptions);
  const written = { verb: "create" as const, parents };
  if (outcome.outcome === "not-done") throw outcome.error;
  if (outcome.outcome === "unacknowledged") {
    const { error, sentAt } = outcome;
    return resolveOutcome(write, { written, sentAt, ...unacknowledgedCreate(write, spec, draft, error) });
  }
  if (outcome.outcome === "done") {
    if (outcome.id !== undefined) return write.finishDone(outcome.id, written);
    // Alma does not document that the answer has an id. Without one, polling finds the record.
    write.invalidate(written);
    const { clock } = write.context.catalog;
    const id = await pollUntil(clock, clock() + write.services.timeout, () =>
      findCreated(write, spec, draft),
    );
    return { userErrors: [], isWritten: true, ...(id !== undefined && { id }) };
  }
  // Another system, or an earlier attempt, may have created the record since the check.
  const isTaken = outcome.problems.some(
    ({ code, isUnexplained }) => isUnexplained || code === "NOT_UNIQUE" || code === "OVERLAP",
  );
  const match = isTaken
    ? await bestEffort(() => spec.identity.findEverywhere(write.freshContext(), draft))
    : undefined;
  if (match) return refuseExisting(write, match);
  await addDraftRefusal({
    write,
    spec,
    problems: outcome.problems,
    mapPath: createPathMapper(draft),
    fields: draft,
  });
  return write.finishNotDone();
}

/** Finds the record that a create has made, by lookup and by list. Returns its id. */
async function findCreated(write: Write, spec: WriteSpec, draft: InputFields): Promise<number | undefined> {
  const match = await spec.identity.findEverywhere(write.freshContext(), draft);
  return match && isFromDraft(match, draft) ? match.record.id : undefined;
}

/** An unacknowledged create counts as done if the record exists. */
function unacknowledgedCreate(
  write: Write,
  spec: WriteSpec,
  draft: InputFields,
  error: AlmaError,
): Pick<UnacknowledgedWrite, "poll" | "predictRefusals" | "unknownMessage"> {
  const seconds = write.services.timeout / 1000;
  return {
    async poll(isExhaustive) {
      if (isExhaustive) return findCreated(write, spec, draft);
      const match = await spec.identity.find(write.freshContext(), draft);
      return match && "record" in match ? match.record.id : undefined;
    },
    predictRefusals: async () => spec.predictRefusals?.(write, draft),
    unknownMessage:
      `The create was sent, but its answer was lost, and Alma does not show the record so far (${error.code}). Wait ` +
      `${seconds} s before you send the same create again: the gateway first looks by ${spec.identity.field(draft)} ` +
      "whether it is there, but if Alma is still carrying out the first one by then, the record may be made twice.",
  };
}

function refuseExisting(write: Write, { record: { id, key }, matchedBy }: Match): MutationResult {
  const message = `${key} has this ${matchedBy} already, so that nothing was created. Use it, or change it by an update.`;
  write.addUserError("ALREADY_EXISTS", ["input", matchedBy], message);
  return write.finishNotDone(id);
}
