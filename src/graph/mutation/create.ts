import type { AlmaError } from "../../alma/index.ts";
import { checkInput } from "../write/input-checks.ts";
import { resolveInputRefs } from "../write/input-refs.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { pollUntil } from "../write/polling.ts";
import { tryExplain } from "../write/try-explain.ts";
import type { ArgumentPath } from "../write/user-error.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { Match, WriteSpec } from "../write/write-spec.ts";
import { addAlmaProblems } from "./alma-problems.ts";
import { canSearchByEmail } from "./client-email.ts";
import { isFromDraft } from "./identity.ts";
import { resolveOutcome, type UnacknowledgedWrite } from "./unacknowledged-write.ts";

type IdsByField = Readonly<Record<string, number>>;

/** Stands for the id of a record that is yet to be made. It is never sent. */
const PLACEHOLDER_ID = 1;

/**
 * Creates a record, once. Creates of the same record are one at a time; each looks first whether it is there. What
 * became of a POST without an answer is found out by looking; it is never sent again. Throws AlmaError if nothing was
 * done for a reason that the caller cannot mend. `unmade` are fields whose records a dry run takes as given.
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
  write.addProblems(write.resource.checkDraft(draft), pathMapperOf(draft));
  if (write.hasUserErrors) return write.finishNotDone();
  if (write.dryRun) return dryRunCreate(write, spec, draft, plannedFields.length > 0);
  return write.services.locks.runExclusive(spec.identity.lockKeys(draft), () =>
    createUnlessExisting(write, spec, draft, parents),
  );
}

/** The draft that Alma's client takes: ids for refs, a set for photos, defaults for what is left out. */
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

/** A create's photos are a plain list. */
function pathMapperOf(draft: InputFields): (path: ArgumentPath) => ArgumentPath {
  return ([name, ...rest]) => [
    "input",
    name ?? "",
    ...(name === "photos" && draft.photos ? rest.slice(1) : rest),
  ];
}

async function dryRunCreate(
  write: Write,
  spec: WriteSpec,
  draft: InputFields,
  hasPlannedParents: boolean,
): Promise<MutationResult> {
  const existing = await checkExisting(write, spec, draft);
  if (existing) return existing;
  // Nothing is in the way on a record that is yet to be made.
  if (!hasPlannedParents) await spec.predictRefusals?.(write, draft);
  return write.finishNotDone();
}

/** The end of a create whose record is there, or must not be; undefined if it is to be made. */
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
    // Whether an answer has an id is not documented; then the record is found as after a lost one.
    write.invalidate(written);
    const { clock } = write.context.catalog;
    const id = await pollUntil(clock, clock() + write.services.timeout, () =>
      findCreated(write, spec, draft),
    );
    return { userErrors: [], isWritten: true, ...(id !== undefined && { id }) };
  }
  // Somebody else, or an attempt before this one, may have created it since the look.
  const isTaken = outcome.problems.some(({ code }) => code === "NOT_UNIQUE" || code === "OVERLAP");
  const match = isTaken
    ? await tryExplain(() => spec.identity.findEverywhere(write.freshContext(), draft))
    : undefined;
  // Whose an address is, is not for everybody to know: then there is only Alma's refusal of it.
  if (match && (match.matchedBy !== "email" || canSearchByEmail(write))) return refuseExisting(write, match);
  await addAlmaProblems(write, outcome.problems, pathMapperOf(draft), draft);
  return write.finishNotDone();
}

/** The record that a create has made, by every way to find it. */
async function findCreated(write: Write, spec: WriteSpec, draft: InputFields): Promise<number | undefined> {
  const match = await spec.identity.findEverywhere(write.freshContext(), draft);
  return match && isFromDraft(match, draft) ? match.record.id : undefined;
}

/** A create that was done shows by the record being there. */
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
