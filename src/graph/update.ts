import { type PhotoSet, shows } from "../alma/index.ts";
import { DETAIL, type Entry, type Known } from "../catalog/index.ts";
import { findOut, type LostWrite } from "./lost-answer.ts";
import type { Named } from "./ref.ts";
import { refuseAsAlma } from "./refused.ts";
import { changesOf, needsRead, placeOf, REF } from "./write-change.ts";
import type { PhotoChanges } from "./write-photo.ts";
import { findOwn, resolveInputRefs } from "./write-ref.ts";
import type { WriteSpec } from "./write-spec.ts";
import { checkValues } from "./write-value.ts";
import type { Result, Values, Write } from "./writing.ts";

/**
 * Changes a record. A rename sends the parent along; photos are worked out on the set read just before. A change
 * without an answer is read again: if the record has the values, it was done; if not, there may be a reason for which
 * Alma refuses it for certain. Throws AlmaError if nothing was done for a reason that the caller cannot mend.
 */
export async function update(
  write: Write,
  spec: WriteSpec,
  named: Named<string> | undefined,
  input: Values,
): Promise<Result> {
  const [entry, parents] = await Promise.all([
    named && findOwn(write, named),
    resolveInputRefs(write, spec, input),
  ]);
  if (!entry) {
    checkValues(write, spec, input);
    return write.notDone();
  }
  const go = () => change(write, spec, { entry, input, parents });
  return write.dryRun ? go() : write.writing.locks.hold([entry.key], go);
}

interface Change {
  readonly entry: Entry;
  readonly input: Values;
  readonly parents: Readonly<Record<string, number>>;
}

async function change(write: Write, spec: WriteSpec, { entry, input, parents }: Change): Promise<Result> {
  const before = await readBefore(write, entry, input);
  if (!before && (write.dryRun || needsRead(write, input))) {
    write.refuse("NOT_FOUND", ["ref"], `Alma has no ${entry.key}. Correct the ref.`);
    return write.notDone();
  }
  // What is merely remembered refuses nothing: somebody else may have changed it since.
  checkValues(write, spec, input, before && write.hasRead(before) ? before.value : {});
  refuseArchived(write, entry);
  const changes = changesOf(write, spec, input, parents, before);
  write.refuseAll(write.resource.checkChanges(changes), placeOf(write, input));
  if (Object.keys(changes).length === 0 && !write.refused)
    write.refuse(
      "INVALID",
      ["input"],
      "Nothing is to be changed: the input has no field. Give at least one.",
    );
  if (write.dryRun && !write.refused) await spec.foresee?.(write, changes, entry);
  if (write.refused || write.dryRun) return write.notDone(before?.id);

  write.context.checkTime();
  const outcome = await write.resource.update({ id: entry.id }, changes, write.options);
  const written = { verb: "update" as const, id: entry.id, parents };
  switch (outcome.outcome) {
    case "not-done":
      throw outcome.error;
    case "lost":
      return findOut(write, {
        written,
        sentAt: outcome.sentAt,
        ...lostChange(write, spec, entry, { input, changes }),
      });
    case "done":
      return write.done(entry.id, written);
    case "refused": {
      const known = entry.value as Known<"tenantContract">;
      const values = { ...known, rentalObject: known.unitUsage?.unitId, ...changes };
      const place = placeOf(write, input);
      const problems = outcome.problems.map((problem) =>
        problem.path.length === 0 && outcome.status === 404 ? { ...problem, path: [REF] } : problem,
      );
      await refuseAsAlma(write, problems, place, values, entry.id);
      return write.notDone(entry.id);
    }
  }
}

/** The record as it is: read now for photos, read for this write for a rename, else what there is. */
async function readBefore(write: Write, record: Entry, input: Values): Promise<Entry | undefined> {
  if (input.photos != null) {
    const now = write.fresh();
    return now.load({ record, level: DETAIL, cutoff: now.work.named });
  }
  if (write.dryRun || needsRead(write, input)) return write.read(record);
  return record.at(DETAIL) > write.reading.work.named ? record : undefined;
}

/** A contract whose usage is archived can no longer be edited; nothing brings it back (Alma: Contracts, PATCH). */
function refuseArchived(write: Write, { key, value }: Entry): void {
  if ((value as Known<"tenantContract">).unitUsage?.isArchived !== true) return;
  const message = `${key} was archived together with its rental object and can no longer be changed. Make a new contract.`;
  write.refuse("ARCHIVED", ["ref"], message);
}

/** A change that was done shows in the record. */
function lostChange(
  write: Write,
  spec: WriteSpec,
  record: Entry,
  { input, changes }: { readonly input: Values; readonly changes: Values },
): Pick<LostWrite, "look" | "foresee" | "unknown"> {
  const photos = changes.photos as PhotoSet | null | undefined;
  const removed = new Set((input.photos as PhotoChanges | null | undefined)?.remove);
  const advice = photos?.add.length
    ? "Look at its photos before you send it again: pictures that were added would be added twice."
    : "Look at the record; if it is as before, sending the same change again does no harm.";
  return {
    async look() {
      const now = write.fresh();
      const entry = await now.load({ record, level: DETAIL, cutoff: now.work.named });
      // As many pictures as asked for may still be the old ones, where some were to be replaced.
      const isOld = (entry?.value as Known<"unit"> | undefined)?.photos?.some(({ id }) =>
        removed.has(id ?? 0),
      );
      return entry && !isOld && shows(entry.value, changes) ? record.id : undefined;
    },
    foresee: async () => spec.foresee?.(write, changes, record),
    unknown: `The change of ${record.key} was sent, but its answer was lost, and Alma does not show all of it. ${advice}`,
  };
}
