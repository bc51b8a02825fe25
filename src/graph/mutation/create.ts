import { checkInput } from "../input/input-checks.ts";
import { resolveInputRefs } from "../input/input-refs.ts";
import { addDraftRefusal } from "../rule/refusal.ts";
import { bestEffort } from "../write/best-effort.ts";
import { createPathMapper } from "../write/error-path.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { whenClear } from "../write/when-clear.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { WriteSpec } from "../write/write-spec.ts";
import { type CheckedCreate, checkExisting, searchExisting } from "./existing-record.ts";
import { resolveCreate, waitForEarlierCreate } from "./unsettled-create.ts";

/** A placeholder for the id of a record that a dry run only plans to create. It is never sent. */
const PLACEHOLDER_ID = 1;

/** How a create differs from a plain one. */
interface CreateOptions {
  readonly plannedFields?: readonly string[];
  readonly earlier?: MutationResult;
}

/**
 * Creates a record exactly once. Creates of the same record run one at a time, and each first checks whether the record
 * exists. A POST without an outcome is polled for; a later create of the same record waits until Alma has settled it.
 * `plannedFields` are the ref fields whose records a dry run only plans to create. `earlier`: the undecided result
 * under the same idempotency key. Throws AlmaError if nothing was written for a reason that the caller cannot correct.
 */
export async function createRecord(
  write: Write,
  spec: WriteSpec,
  input: InputFields,
  { plannedFields = [], earlier }: CreateOptions = {},
): Promise<MutationResult> {
  checkInput(write, input);
  const parents = await resolveInputRefs(write, spec, input);
  const plannedIds = Object.fromEntries(plannedFields.map((field) => [field, PLACEHOLDER_ID]));
  const draft = buildDraft(write, spec, input, { ...parents, ...plannedIds });
  write.addProblems(write.resource.checkDraft(draft), createPathMapper(draft));
  if (write.hasUserErrors) return write.finishNotDone();
  const lockKeys = spec.identity.lockKeys(draft, write.context);
  const written = { verb: "create" as const, parents };
  const create = { write, spec, draft, written, lockKeys, wasSent: earlier?.sent !== undefined };
  if (write.dryRun) return dryRunCreate(create, plannedFields.length > 0);
  const { runExclusive, unsettled } = write.services;
  return runExclusive(lockKeys, async () => {
    const result = await createUnlessExisting(create);
    if (result.isWritten && result.id !== undefined)
      unsettled.noteMade(lockKeys, write.context.catalog.store.getOrCreate(write.kind, result.id));
    return result;
  });
}

/** Builds the draft for Alma's client: ids instead of refs, a photo set, defaults for omitted fields. */
function buildDraft(
  { services }: Write,
  spec: WriteSpec,
  input: InputFields,
  parents: Readonly<Record<string, number>>,
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

async function dryRunCreate(create: CheckedCreate, hasPlannedParents: boolean) {
  const { write, spec, draft } = create;
  const existing = (await checkExisting(create)) ?? (await checkRules(create));
  if (existing) return existing;
  // A parent that is only planned has no records yet that the new one could conflict with.
  if (!hasPlannedParents) await spec.predictRefusals?.(write, draft);
  return write.finishNotDone();
}

/** The result of a create that a rule forbids; undefined if none does. */
async function checkRules({ write, spec, draft }: CheckedCreate) {
  await spec.check?.(write, draft);
  return write.hasUserErrors ? write.finishNotDone() : undefined;
}

async function createUnlessExisting(create: CheckedCreate): Promise<MutationResult> {
  const { write, spec, draft, written, lockKeys } = create;
  do {
    const refused =
      (await checkExisting(create)) ?? (await waitForEarlierCreate(create)) ?? (await checkRules(create));
    if (refused) return refused;
    write.context.checkDeadline();
  } while (!(await whenClear(write, written, lockKeys)));
  const outcome = await write.send(written, Object.keys(draft), lockKeys, (options) =>
    write.resource.create(draft, options),
  );
  switch (outcome.outcome) {
    case "not-done":
      throw outcome.error;
    case "unacknowledged":
      return resolveCreate(create, {
        sentAt: outcome.sentAt,
        isAccepted: false,
        reason: `Alma was sent the create, but its answer was lost (${outcome.error.code})`,
      });
    case "done":
      if (outcome.id !== undefined) return write.finishDone(outcome.id, written);
      // Alma does not document that the answer has an id. Without one, only a look shows whether it was done.
      write.invalidate(written, false);
      return resolveCreate(create, {
        sentAt: outcome.endedAt,
        isAccepted: true,
        reason: "Alma accepted the create, but its answer has no id",
      });
    case "refused": {
      // Another system, or an earlier attempt, may have created the record since the check.
      const isTaken = outcome.problems.some(
        ({ code, isUnexplained }) => isUnexplained || code === "NOT_UNIQUE" || code === "OVERLAP",
      );
      const taken = isTaken ? await bestEffort(() => searchExisting(create)) : undefined;
      if (taken) return taken;
      await addDraftRefusal({
        write,
        spec,
        problems: outcome.problems,
        mapPath: createPathMapper(draft),
        fields: draft,
      });
      return write.finishNotDone();
    }
  }
}
