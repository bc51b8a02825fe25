import { addDraftRefusal } from "../input/draft-refusal.ts";
import { isFromDraft } from "../input/identity.ts";
import { checkInput } from "../input/input-checks.ts";
import { resolveInputRefs } from "../input/input-refs.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { bestEffort, pollUntil } from "../write/polling.ts";
import { finishDone, finishUnknown, invalidate, send, settle } from "../write/send.ts";
import { createPathMapper } from "../write/user-error.ts";
import { waitUntilClear } from "../write/when-clear.ts";
import type { InputFields, Match, PreparedWrite, Write } from "../write/write.ts";
import { resolveOutcome } from "./unknown-outcome.ts";

/** A create that was sent but returned no id. */
interface CreateWithoutId {
  /** When it was sent, by the catalog's clock. */
  readonly sentAt: number;
  /** Whether Alma accepted it, so that Alma cannot perform it later against a rule. */
  readonly isAccepted: boolean;
  /** Explains the state in messages. */
  readonly reason: string;
}

/**
 * Resolves a create that returned no id. It is complete once the record is found. Until then it is unsettled, for its
 * settling time unless its outcome is certain.
 */
async function resolveCreate(create: CheckedCreate, { sentAt, isAccepted, reason }: CreateWithoutId) {
  const { write, draft } = create;
  const { identity, predictRefusals } = write.spec;
  const result = await resolveOutcome(create, {
    sentAt,
    isChange: true,
    async poll(isExhaustive) {
      const context = write.freshContext();
      const match = isExhaustive
        ? await identity.findEverywhere(context, draft)
        : await identity.find(context, draft);
      return match && "record" in match && isFromDraft(match, draft) ? match.record.id : undefined;
    },
    predictRefusals: async () => predictRefusals?.(write, draft),
  });
  if (result && isAccepted) settle(create);
  if (result) return result;
  const left = write.services.unsettled.secondsLeft(write.sent);
  const advice = `, and while Alma may still perform it (for up to ${left} s), it waits instead of sending a second one`;
  const message =
    `${reason}, and it does not show the record so far. Send it again: the gateway first looks by ` +
    `${identity.field(draft)}${left > 0 ? advice : ""}.`;
  return { ...finishUnknown(create, message), sent: {} };
}

/**
 * Waits while Alma may still perform an earlier create of the same identity. Returns undefined if Alma did not, so that
 * the record can be created. At the deadline the outcome is unknown, and nothing is sent. Throws AlmaError if Alma
 * cannot be read at the end.
 */
async function waitForEarlierCreate(create: CheckedCreate) {
  const { write, draft, lockKeys } = create;
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
    `by ${write.spec.identity.field(draft)} first.`;
  write.addUserError("OUTCOME_UNKNOWN", [], message);
  return write.finishNotDone();
}

interface CheckedCreate extends PreparedWrite {
  readonly draft: InputFields;
  /** Whether it was sent before under the same idempotency key, with an unknown outcome. */
  readonly wasSentBefore: boolean;
}

/**
 * Finds the existing record, or the reason why it must not be created, with the fewest calls. Undefined if it can be
 * created. Throws AlmaError.
 */
async function checkExisting(create: CheckedCreate) {
  const { write, draft } = create;
  const match = (await write.spec.identity.find(write.freshContext(), draft)) ?? (await findMade(create));
  if (!match) return undefined;
  if ("record" in match) return finishExisting(create, match);
  write.addUserError(match.code, ["input", match.field], match.message);
  return write.finishNotDone();
}

/** Finds a record created earlier by this process, which Alma may not show yet. */
async function findMade({ write, draft, lockKeys }: CheckedCreate) {
  const ids = write.services.unsettled.createdIds(write.kind, lockKeys);
  for (const id of ids) {
    const record = await write.readNow(write.context.catalog.store.getOrCreate(write.kind, id));
    const match = record && write.spec.identity.match(record, draft);
    if (match) return match;
  }
  return undefined;
}

/** Like `checkExisting`, for a record that Alma has just refused or may have created: searches by lookup and list. */
async function searchExisting(create: CheckedCreate) {
  const { write, draft } = create;
  const match = await write.spec.identity.findEverywhere(write.freshContext(), draft);
  return match && finishExisting(create, match);
}

function finishExisting(create: CheckedCreate, match: Match) {
  const { write, draft, effects, lockKeys, wasSentBefore } = create;
  const { id, key } = match.record;
  const { unsettled } = write.services;
  // A record made by another create in the meantime is not this one's.
  const isMadeByAnother = unsettled.createdIds(write.kind, lockKeys).includes(id);
  if (wasSentBefore && isFromDraft(match, draft) && !isMadeByAnother) return finishDone(create, id);
  // The record may decide the outcome of an unsettled create.
  if (unsettled.find(lockKeys)) invalidate({ ...create, effects: { ...effects, id } });
  const message = `${key} already has this ${match.matchedBy}, so nothing was created. Use it, or update it.`;
  write.addUserError("ALREADY_EXISTS", ["input", match.matchedBy], message);
  return write.finishNotDone(id);
}

/** A placeholder for the id of a record that a dry run only plans to create. It is never sent. */
const PLACEHOLDER_ID = 1;

/** Options of a create. */
interface CreateOptions {
  readonly plannedFields?: readonly string[];
  readonly earlier?: MutationResult;
}

/**
 * Creates a record exactly once. Creates of the same record run one at a time, and each first checks whether it exists.
 * A POST without an outcome is polled; later creates of the same record wait until it is settled. `plannedFields`: refs
 * to records that a dry run only plans to create. `earlier`: the result of unknown outcome with the same
 * idempotency key. Throws AlmaError if nothing was written for a reason that the caller cannot correct.
 */
export async function createRecord(
  write: Write,
  input: InputFields,
  { plannedFields = [], earlier }: CreateOptions = {},
): Promise<MutationResult> {
  checkInput(write, input);
  const parents = await resolveInputRefs(write, input);
  const plannedIds = Object.fromEntries(plannedFields.map((field) => [field, PLACEHOLDER_ID]));
  const draft = buildDraft(write, input, { ...parents, ...plannedIds });
  write.addProblems(write.resource.checkDraft(draft), createPathMapper(draft));
  if (write.hasUserErrors()) return write.finishNotDone(undefined, earlier);
  const lockKeys = write.spec.identity.lockKeys(draft, write.context);
  const effects = { kind: write.kind, verb: "create" as const, parents };
  const create = { write, draft, effects, lockKeys, wasSentBefore: earlier?.sent !== undefined };
  if (write.dryRun) return dryRunCreate(create, plannedFields.length > 0);
  const { runExclusive, unsettled } = write.services;
  return runExclusive(lockKeys, async () => {
    const result = await createUnlessExisting(create);
    if (result.isWritten && result.id !== undefined) unsettled.noteCreated(write.kind, lockKeys, result.id);
    return result;
  });
}

/** Builds the draft for Alma's client: ids for refs, a photo set, defaults for omitted fields. */
function buildDraft(
  { services, spec, relations }: Write,
  input: InputFields,
  parents: Readonly<Record<string, number>>,
): InputFields {
  const nonRefFields = Object.entries(input).filter(
    ([name, value]) => value != null && relations[name] === undefined,
  );
  const { photos, ...fields } = Object.fromEntries(nonRefFields);
  return {
    ...spec.defaults?.(services),
    ...fields,
    ...parents,
    ...(photos !== undefined && { photos: { add: photos as number[] } }),
  };
}

async function dryRunCreate(create: CheckedCreate, hasPlannedParents: boolean) {
  const { write, draft } = create;
  const existing = (await checkExisting(create)) ?? (await checkRules(create));
  if (existing) return existing;
  // A planned parent has no records, so there can be no conflict.
  if (!hasPlannedParents) await write.spec.predictRefusals?.(write, draft);
  return write.finishNotDone();
}

/** Returns the result if a rule forbids the create, else undefined. */
async function checkRules({ write, draft }: CheckedCreate) {
  await write.spec.check?.(write, draft);
  return write.hasUserErrors() ? write.finishNotDone() : undefined;
}

async function createUnlessExisting(create: CheckedCreate) {
  const { write, draft } = create;
  do {
    const refused =
      (await checkExisting(create)) ?? (await waitForEarlierCreate(create)) ?? (await checkRules(create));
    if (refused) return refused;
    write.context.checkDeadline();
  } while ((await waitUntilClear(create)) === "waited");
  const outcome = await send(create, {
    fields: Object.keys(draft),
    sendTo: (options) => write.resource.create(draft, options),
  });
  switch (outcome.outcome) {
    case "unknown":
      return resolveCreate(create, {
        sentAt: outcome.sentAt,
        isAccepted: false,
        reason: `The create was sent to Alma, but the answer was lost (${outcome.error.code})`,
      });
    case "done":
      if (outcome.id !== undefined) return finishDone(create, outcome.id);
      // Alma does not document an id in the answer. Without one, only a search shows whether the record was created.
      invalidate(create);
      return resolveCreate(create, {
        sentAt: outcome.endedAt,
        isAccepted: true,
        reason: "Alma accepted the create, but its answer has no id",
      });
    case "refused": {
      // Another system or an earlier attempt may have created the record since the check.
      const isTaken = outcome.problems.some(
        ({ code, isUnexplained }) => isUnexplained || code === "NOT_UNIQUE" || code === "OVERLAP",
      );
      const taken = isTaken ? await bestEffort(() => searchExisting(create)) : undefined;
      if (taken) return taken;
      await addDraftRefusal({
        write,
        problems: outcome.problems,
        mapPath: createPathMapper(draft),
        fields: draft,
      });
      return write.finishNotDone();
    }
  }
}
