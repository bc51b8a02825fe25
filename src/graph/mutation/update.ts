import { type PhotoSet, showsChanges } from "../../alma/index.ts";
import { type CachedRecord, DETAIL, type KnownFields } from "../../catalog/index.ts";
import type { ParsedRef } from "../argument/ref.ts";
import { updatePathMapper } from "../write/error-path.ts";
import { buildChanges, dependsOnExisting } from "../write/input-changes.ts";
import { checkInput } from "../write/input-checks.ts";
import { findRecord, resolveInputRefs } from "../write/input-refs.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import type { PhotoChanges } from "../write/photo-changes.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { WriteSpec } from "../write/write-spec.ts";
import { addDraftRefusal } from "./refusal.ts";
import { resolveOutcome, type UnacknowledgedWrite } from "./unacknowledged-write.ts";

/**
 * Updates a record. A rename is sent with the parent. Photo changes are applied to the set that was read just before.
 * After an unacknowledged update, the record is polled for the new values. `recordRef` is undefined if the caller's ref
 * was refused. Throws AlmaError if nothing was written for a reason that the caller cannot correct.
 */
export async function updateRecord(
  write: Write,
  spec: WriteSpec,
  recordRef: ParsedRef<string> | undefined,
  input: InputFields,
): Promise<MutationResult> {
  const [record, parents] = await Promise.all([
    recordRef && findRecord(write, recordRef),
    resolveInputRefs(write, spec, input),
  ]);
  if (!record) {
    checkInput(write, spec, input);
    return write.finishNotDone();
  }
  const run = () => applyUpdate(write, spec, { record, input, parents });
  return write.dryRun ? run() : write.services.lock.runExclusive([record.key], run);
}

interface RecordUpdate {
  readonly record: CachedRecord;
  readonly input: InputFields;
  readonly parents: Readonly<Record<string, number>>;
}

async function applyUpdate(
  write: Write,
  spec: WriteSpec,
  { record, input, parents }: RecordUpdate,
): Promise<MutationResult> {
  const existing = await readExisting(write, record, input);
  if (!existing && (write.dryRun || dependsOnExisting(write, input))) {
    write.addUserError("NOT_FOUND", ["ref"], `Alma has no ${record.key}. Correct the ref.`);
    return write.finishNotDone();
  }
  // A record cached before this write must not refuse it: another system may have changed the record since. Nor must
  // one that the caller may not read: it could try dates until one is refused.
  const canCompare = existing && write.hasRead(existing) && write.context.scopes.has("READ");
  checkInput(write, spec, input, canCompare ? existing.value : {});
  refuseArchived(write, record);
  const changes = buildChanges(write, spec, input, parents, existing);
  write.addProblems(write.resource.checkChanges(changes), updatePathMapper(write.resource, input));
  if (Object.keys(changes).length === 0 && !write.hasUserErrors)
    write.addUserError(
      "INVALID",
      ["input"],
      "Nothing is to be changed: the input has no field. Give at least one.",
    );
  if (write.dryRun && !write.hasUserErrors) await spec.predictRefusals?.(write, changes, record);
  if (write.hasUserErrors || write.dryRun) return write.finishNotDone(existing?.id);

  write.context.checkDeadline();
  const outcome = await write.resource.update({ id: record.id }, changes, write.callOptions);
  const written = { verb: "update" as const, id: record.id, parents };
  switch (outcome.outcome) {
    case "not-done":
      throw outcome.error;
    case "unacknowledged":
      return resolveOutcome(write, {
        written,
        sentAt: outcome.sentAt,
        ...unacknowledgedUpdate(write, spec, record, { input, changes }),
      });
    case "done":
      return write.finishDone(record.id, written);
    case "refused": {
      await addDraftRefusal({
        write,
        spec,
        problems: outcome.problems,
        mapPath: updatePathMapper(write.resource, input, outcome.status),
        fields: changes,
        existing: record,
      });
      return write.finishNotDone(record.id);
    }
  }
}

/**
 * The current record. Photo changes read it now; a rename or a dry run reads it for this write; any other update uses a
 * fresh cached one. Undefined if Alma has none, or if nothing fresh is cached.
 */
async function readExisting(
  write: Write,
  record: CachedRecord,
  input: InputFields,
): Promise<CachedRecord | undefined> {
  if (input.photos != null) {
    const freshContext = write.freshContext();
    return freshContext.load({ record, level: DETAIL, cutoff: freshContext.operation.namedCutoff });
  }
  if (write.dryRun || dependsOnExisting(write, input)) return write.read(record);
  return record.asOf(DETAIL) > write.readContext.operation.namedCutoff ? record : undefined;
}

/** Refuses a contract with an archived usage, which can be neither edited nor unarchived (Alma: Contracts, PATCH). */
function refuseArchived(write: Write, { key, value }: CachedRecord): void {
  if ((value as KnownFields<"tenantContract">).unitUsage?.isArchived !== true) return;
  const message = `${key} was archived together with its rental object and can no longer be changed. Make a new contract.`;
  write.addUserError("ARCHIVED", ["ref"], message);
}

/** An unacknowledged update counts as done if the record shows the changes. */
function unacknowledgedUpdate(
  write: Write,
  spec: WriteSpec,
  record: CachedRecord,
  { input, changes }: { readonly input: InputFields; readonly changes: InputFields },
): Pick<UnacknowledgedWrite, "poll" | "predictRefusals" | "describeUnknown"> {
  const photos = changes.photos as PhotoSet | null | undefined;
  const removedIds = new Set((input.photos as PhotoChanges | null | undefined)?.remove);
  const advice = photos?.add.length
    ? "Look at its photos before you send it again: pictures that were added would be added twice."
    : "Look at the record; if it is as before, sending the same change again does no harm.";
  return {
    async poll() {
      const freshContext = write.freshContext();
      const current = await freshContext.load({
        record,
        level: DETAIL,
        cutoff: freshContext.operation.namedCutoff,
      });
      // The right number of photos is no proof: a removed one may still be there, and an added one missing.
      const hasRemovedPhotos = (current?.value as KnownFields<"unit"> | undefined)?.photos?.some(({ id }) =>
        removedIds.has(id ?? 0),
      );
      return current && !hasRemovedPhotos && showsChanges(current.value, changes) ? record.id : undefined;
    },
    predictRefusals: async () => spec.predictRefusals?.(write, changes, record),
    describeUnknown: () =>
      `The change of ${record.key} was sent, but its answer was lost, and Alma does not show all of it. ${advice}`,
  };
}
