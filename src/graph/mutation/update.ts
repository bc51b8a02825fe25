import { showsSame } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type KnownFields } from "../../catalog/index.ts";
import type { ParsedRef } from "../argument/ref.ts";
import { addDraftRefusal } from "../input/draft-refusal.ts";
import { idLockKeys, refuseDuplicateId } from "../input/identity.ts";
import { buildChanges, dependsOnExisting } from "../input/input-changes.ts";
import { checkInput } from "../input/input-checks.ts";
import { readExpected, refuseConflicts, resolveInputRefs, resolveRef } from "../input/input-refs.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { bestEffort } from "../write/polling.ts";
import { send } from "../write/send.ts";
import { updatePathMapper } from "../write/user-error.ts";
import { waitUntilClear } from "../write/when-clear.ts";
import type { InputFields, Write } from "../write/write.ts";
import {
  type CheckedUpdate,
  fingerprintBefore,
  finishAccepted,
  type RequestedUpdate,
  repeatUpdate,
  resolveUnknownUpdate,
  showsUpdate,
} from "./update-outcome.ts";

/**
 * Updates a record. A rename is sent with the parent. Photo changes are applied to the set read just before. Reads the
 * record afterwards for the new values. `recordRef` is undefined if the caller's ref was refused. Throws AlmaError if
 * nothing was written for a reason that the caller cannot correct.
 */
export async function updateRecord(
  write: Write,
  recordRef: ParsedRef | undefined,
  input: InputFields,
  { earlier, expected: given }: Pick<RequestedUpdate, "earlier" | "expected"> = {},
): Promise<MutationResult> {
  const [record, parents, expected] = await Promise.all([
    recordRef && resolveRef(write, recordRef),
    resolveInputRefs(write, input),
    readExpected(write, given),
  ]);
  if (!record) {
    checkInput(write, input);
    return write.finishNotDone(undefined, earlier);
  }
  // A unit that becomes let as a whole may now represent the Bitrix unit assigned to it before.
  const { additionalExternalId } = "isUsedAdditionalExternalId" in input ? record.value : {};
  const lockKeys = [record.key, ...idLockKeys(write.kind, { additionalExternalId, ...input })];
  const effects = { kind: write.kind, verb: "update" as const, id: record.id, parents };
  const run = () => applyUpdate({ write, record, input, parents, effects, lockKeys, expected, earlier });
  return write.dryRun ? run() : write.services.runExclusive(lockKeys, run);
}

/**
 * Checks the update, and sends it once no unsettled write can interfere. After a wait for one, reads and checks again.
 * A repeated update is first looked for in Alma. Nothing is sent if the record, read immediately before, differs from
 * the expected values or shows the update already.
 */
async function applyUpdate(request: RequestedUpdate) {
  const { write, record, input, earlier, expected } = request;
  const sent = earlier?.sent;
  for (let hasWaited = false; ; hasWaited = true) {
    const repeated =
      sent && (await repeatUpdate({ ...request, changes: sent.fields ?? (await rebuildChanges(request)) }));
    if (repeated) return repeated;
    // Until it has settled, Alma may still perform what was sent, even if the checks below refuse it by now.
    if (sent && (await waitUntilClear(request)) === "waited") continue;
    const existing = hasWaited ? await write.readNow(record) : await readExisting(request);
    if (!existing && (write.dryRun || dependsOnExisting(write, input))) {
      write.addUserError("NOT_FOUND", ["ref"], `Alma has no ${record.key}. Correct the ref.`);
      return write.finishNotDone();
    }
    const changes = await validateUpdate(request, existing);
    if (write.hasUserErrors() || write.dryRun) return write.finishNotDone(existing?.id);
    write.context.checkDeadline();
    if ((await waitUntilClear(request)) === "waited") continue;
    const checked = { ...request, changes, before: existing?.detail };
    if (!expected) return sendUpdate(checked);
    const before = await refuseConflicts(write, record, expected);
    const update = { ...checked, before };
    const isDone = before && showsUpdate(update, before);
    if (write.hasUserErrors() || isDone) return write.finishNotDone(before && record.id);
    // A conflicting write may have been sent during that read.
    if ((await waitUntilClear(request)) === "clear") return sendUpdate(update);
  }
}

/** Builds the changes that another process sent, even if they are refused by now. An unknown record is undefined. */
async function rebuildChanges(request: RequestedUpdate): Promise<InputFields> {
  const { write, input, parents } = request;
  const refs = Object.keys(input).filter((field) => write.relations[field]);
  const unknown = Object.fromEntries(refs.map((field) => [field, undefined]));
  const existing = await readExisting(request);
  return { ...unknown, ...buildChanges({ ...write, addUserError() {} }, input, parents, existing) };
}

/**
 * Returns the changes to send. Adds a user error for each rule that forbids them; in a dry run, also for each reason
 * for which Alma would refuse them, and for conflicts.
 */
async function validateUpdate(
  { write, record, input, parents, expected }: RequestedUpdate,
  existing: CachedRecord | undefined,
) {
  // A record cached before this write must not refuse it, since another system may have changed it. Nor must a record
  // that the caller may not read: the caller could guess its dates by trying values.
  const canCompare = existing && write.hasRead(existing) && write.mayRead;
  checkInput(write, input, canCompare ? existing.value : {});
  refuseArchived(write, record);
  const changes = buildChanges(write, input, parents, existing);
  write.addProblems(write.resource.checkChanges(changes), updatePathMapper(write.resource, input));
  if (Object.keys(changes).length === 0 && !write.hasUserErrors())
    write.addUserError(
      "INVALID",
      ["input"],
      "Nothing to change: the input has no fields. Give at least one.",
    );
  if (!write.hasUserErrors()) {
    await refuseDuplicateId(write, record, changes);
    await write.spec.check?.(write, changes, record);
  }
  if (write.dryRun && !write.hasUserErrors())
    await write.spec.predictRefusals?.(write, withoutShown(write, changes, existing), record);
  if (write.dryRun && expected && Object.keys(expected).length > 0)
    await refuseConflicts(write, record, expected);
  return changes;
}

async function sendUpdate(update: CheckedUpdate) {
  const { write, record, input, changes } = update;
  const outcome = await send(update, {
    fields: Object.keys(changes),
    before: fingerprintBefore(update),
    sendTo: (options) => write.resource.update({ id: record.id }, changes, options),
  });
  switch (outcome.outcome) {
    case "unknown":
      return resolveUnknownUpdate(update, outcome.sentAt);
    case "done":
      return finishAccepted(update, outcome.id !== undefined);
    case "refused": {
      await addDraftRefusal({
        write,
        problems: outcome.problems,
        mapPath: updatePathMapper(write.resource, input, outcome.status),
        fields: changes,
        existing: record,
      });
      return write.finishNotDone(record.id);
    }
  }
}

/** Removes fields that the record already shows: Alma never refuses the current value. */
const withoutShown = (write: Write, changes: InputFields, existing: CachedRecord | undefined): InputFields =>
  Object.fromEntries(
    Object.entries(changes).filter(
      ([field, value]) => !existing?.detail || !showsSame(write.kind, existing.detail, field, value),
    ),
  );

/**
 * Reads the record before the update. Photo changes always read it; a rename or a dry run reads it for this write;
 * other updates use a fresh cached record, or else try to read it unless it is read immediately before the write.
 * Undefined if Alma has none.
 */
async function readExisting({ write, record, input, expected }: RequestedUpdate) {
  if (input.photos != null) return write.readNow(record);
  if (write.dryRun || dependsOnExisting(write, input)) return write.read(record);
  const isFresh = record.asOf(DETAIL) > write.readContext.operation.namedCutoff;
  return isFresh || expected ? record : bestEffort(() => write.read(record));
}

/**
 * Refuses a contract with an archived usage, which cannot be edited or unarchived (Alma: Contracts, PATCH).
 */
function refuseArchived(write: Write, { key, value }: CachedRecord) {
  if ((value as KnownFields<"tenantContract">).unitUsage?.isArchived !== true) return;
  const message = `${key} was archived together with its rental object and can no longer be changed. Create a new contract.`;
  write.addUserError("ARCHIVED", ["ref"], message);
}
