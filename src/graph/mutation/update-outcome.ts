import { isDeepStrictEqual } from "node:util";
import {
  draftFields,
  mayShow,
  type PhotoSet,
  shownField,
  shownValue,
  showsStored,
} from "../../alma/index.ts";
import {
  type CachedRecord,
  deleteVerdict,
  type KnownFields,
  recordVerdict,
  verdictOn,
} from "../../catalog/index.ts";
import type { PhotoChanges } from "../input/input-changes.ts";
import { fingerprintOf } from "../write/idempotency.ts";
import type { MutationResult } from "../write/mutation-result.ts";
import { bestEffort, pollShown } from "../write/polling.ts";
import { finishDone, finishUnknown, invalidate } from "../write/send.ts";
import type { InputFields, Write } from "../write/write.ts";
import type { WriteSpec } from "../write/write-spec.ts";
import { isMadeOf, newPhotos, photosShown } from "./photo-outcome.ts";
import { resolveOutcome } from "./unknown-outcome.ts";

/** An update with resolved refs. */
export interface RequestedUpdate {
  readonly write: Write;
  readonly spec: WriteSpec;
  readonly record: CachedRecord;
  readonly input: InputFields;
  /** The ids of the records it refers to, by field. */
  readonly parents: Readonly<Record<string, number>>;
  readonly lockKeys: readonly string[];
  /** The expected values of the record, if given. */
  readonly expected?: InputFields | null;
  /** The result of unknown outcome with the same idempotency key. */
  readonly earlier?: MutationResult;
}

/** An update with the changes to send. */
export interface CheckedUpdate extends RequestedUpdate {
  readonly changes: InputFields;
  /** The record before the update; undefined if unreadable. */
  readonly before?: InputFields;
}

/**
 * How a field looks in a reading after an update. "as-sent": as Alma stores the sent value. "may-be": as Alma may have
 * changed it. "otherwise": another new value, perhaps somebody else's. "lacking": photos that certainly differ from
 * those sent. "unchanged": as before. "never": shown in no record. "hidden": the caller may not read the field, so no
 * outcome may depend on its value, which could otherwise be guessed.
 */
type Appearance = "as-sent" | "may-be" | "otherwise" | "lacking" | "unchanged" | "never" | "hidden";

/**
 * Finishes an update that Alma accepted. Reads the record again, since Alma may report success and lose the change:
 *
 * | the record shows | result |
 * | --- | --- |
 * | some sent fields "unchanged", for the first time | unknown outcome |
 * | photos that are "lacking" | unknown outcome |
 * | some sent fields "unchanged", again after Alma accepted the same value before | REJECTED for these fields |
 * | anything else | written |
 *
 * `hasId`: whether the answer contained the record's id, so that the update counts as complete even if the record
 * cannot be read.
 */
export async function finishAccepted(update: CheckedUpdate, hasId: boolean): Promise<MutationResult> {
  const { write, record, changes } = update;
  invalidate(write, writtenOf(update));
  let after: InputFields | undefined;
  await pollShown(write.context.catalog, async () => {
    after = await bestEffort(() => readNow(update));
    return after !== undefined && fieldsThat(update, after, "unchanged", "lacking").length === 0;
  });
  const shown = after;
  if (!shown) {
    if (hasId) return { id: record.id, userErrors: [], isWritten: true };
    return finishUnclear(update, "the record cannot be read");
  }
  noteShown(update, shown);
  const unchanged = fieldsThat(update, shown, "unchanged");
  const unclear = unchanged.filter(
    (field) => recordVerdict(record, field, changes[field], shownValue(shown, field), false) === "unclear",
  );
  if (unclear.length > 0)
    return finishUnclear(update, `Alma still shows the old value of: ${unclear.join(", ")}`, shown);
  const lacking = fieldsThat(update, shown, "lacking");
  if (lacking.length > 0)
    return finishUnclear(update, `Alma does not show all of: ${lacking.join(", ")}`, shown);
  const message = `Alma accepted this value twice without storing it: ${record.key} still shows the old one. Send another value, or change it in Alma.`;
  for (const field of unchanged) write.addUserError("REJECTED", ["input", field], message);
  return { ...write.finishNotDone(record.id), isWritten: true, notStored: unchanged };
}

/** Polls for an update of unknown outcome: complete if the record shows it. */
export async function resolveUnknownUpdate(update: CheckedUpdate, sentAt: number): Promise<MutationResult> {
  const { write, spec, record, changes, before } = update;
  let after: InputFields | undefined;
  const result = await resolveOutcome(write, {
    written: writtenOf(update),
    sentAt,
    isChange: before !== undefined && !showsUpdate(update, before),
    async poll() {
      after = await readNow(update);
      if (!after || !showsUpdate(update, after)) return undefined;
      noteShown(update, after);
      return record.id;
    },
    predictRefusals: async () => spec.predictRefusals?.(write, changes, record),
    describeUnknown: () => describeUnknownUpdate(update, after),
  });
  return { ...result, sent: sentBy(update) };
}

/**
 * Repeats an update of unknown outcome with the same idempotency key: complete if Alma shows it now. Returns undefined
 * if it may be sent again once nothing is unsettled, which requires that the record shows its old values and no photos
 * are added. Another value means somebody else's change. Throws AlmaError.
 */
export async function repeatUpdate(update: CheckedUpdate): Promise<MutationResult | undefined> {
  const { write, record, changes, lockKeys, earlier } = update;
  const after = await readNow(update);
  const isAsBefore = after !== undefined && earlier?.sent?.before === fingerprintShown(changes, after);
  if (
    after &&
    (showsUpdate(update, after) || (earlier?.sent?.before && !isAsBefore && mayShowAll(update, after)))
  )
    return finishDone(write, writtenOf(update));
  if (write.services.unsettled.find(lockKeys)) return undefined;
  if (hiddenFields(update).length > 0)
    return finishUnknown(write, writtenOf(update), describeUnknownUpdate(update, after));
  if (addsPhotos(changes)) return finishUnclear(update, "Alma does not show all of it", after);
  if (isAsBefore) return undefined;
  const message =
    `${record.key} shows neither the values of this change nor those known from before it, so someone may have ` +
    "changed it since. Nothing was sent again. Check the record; to make the change anyway, use another " +
    "idempotencyKey.";
  return finishUnknown(write, writtenOf(update), message);
}

/** Returns a fingerprint of a record's values in the changed fields. */
const fingerprintShown = (changes: InputFields, shown: InputFields) =>
  fingerprintOf(
    Object.fromEntries(Object.keys(changes).map((field) => [field, shownValue(shown, field) ?? null])),
  );

/** Returns the fingerprint before the update; undefined if the record was unreadable. */
export const fingerprintBefore = ({ changes, before }: CheckedUpdate): string | undefined =>
  before && fingerprintShown(changes, before);

const sentBy = (update: CheckedUpdate) => ({ fields: update.changes, before: fingerprintBefore(update) });

function finishUnclear(update: CheckedUpdate, evidence: string, after?: InputFields) {
  const { write, record, earlier } = update;
  const message = `The change of ${record.key} was sent to Alma, but ${evidence}. It is unknown whether the change was made. ${adviceFor(update, after)}`;
  const result = finishUnknown(write, writtenOf(update), message);
  return earlier?.sent ? result : { ...result, sent: sentBy(update) };
}

const hiddenFields = ({ write, changes }: CheckedUpdate) =>
  Object.keys(changes).filter((field) => !write.mayReadField(field));

function describeUnknownUpdate(update: CheckedUpdate, after: InputFields | undefined) {
  const { record } = update;
  const hidden = hiddenFields(update);
  const evidence =
    hidden.length > 0
      ? `only callers that may read ${hidden.join(", ")} learn whether Alma shows it`
      : "Alma does not show all of it";
  return `The change of ${record.key} was sent to Alma, but its answer was lost, and ${evidence}. ${adviceFor(update, after)}`;
}

/** The effects of an update. */
export const writtenOf = ({ record, parents }: RequestedUpdate) => ({
  kind: record.kind,
  verb: "update" as const,
  id: record.id,
  parents,
});

const addsPhotos = ({ photos }: InputFields) => ((photos as PhotoSet | null)?.add.length ?? 0) > 0;

function adviceFor(update: CheckedUpdate, after: InputFields | undefined) {
  if (!addsPhotos(update.changes))
    return "Check the record. If it is unchanged, you can safely send the change again.";
  const found = after ? newPhotos(changedPhotos(update, after)).map(({ id }) => id ?? "without an id") : [];
  const finding =
    found.length > 0 ? `New since then, from this change or another: ${found.join(", ")}. ` : "";
  return `${finding}Check its photos before you send it again: photos that were added would be added twice.`;
}

const changedPhotos = ({ input, changes }: CheckedUpdate, after: InputFields) => ({
  sentPhotos: changes.photos as PhotoSet | null,
  removed: (input.photos as PhotoChanges | null | undefined)?.remove,
  shown: (after as KnownFields<"unit">).photos ?? [],
});

/** Reads the record's detail now; undefined if Alma has no such record. Throws AlmaError. */
async function readNow({ write, record }: CheckedUpdate) {
  return (await write.readNow(record))?.detail;
}

function appearanceOf(update: CheckedUpdate, after: InputFields, field: string): Appearance {
  const { write, record, changes, before } = update;
  const { kind } = write;
  const { uploads } = write.services.alma;
  if (!write.mayReadField(field)) return "hidden";
  const value = changes[field];
  const shown = shownValue(after, field);
  const isNew = before !== undefined && !isDeepStrictEqual(shownValue(before, field), shown);
  const { accepts } = draftFields(kind).get(field) ?? {};
  if (accepts === "photos") {
    const isShown = photosShown({ ...changedPhotos(update, after), uploads });
    if (isShown === "certain") return "as-sent";
    if (isShown === "possible") return "otherwise";
    return before && !isNew ? "unchanged" : "lacking";
  }
  if (showsStored(kind, after, field, value)) return "as-sent";
  if (accepts === "file" && isMadeOf(shown, value as number, uploads)) return "as-sent";
  const { shownFields } = write.context.catalog.store.tables[kind];
  if (!shownFields.has(field) && !shownFields.has(shownField(field))) return "never";
  if (isNew) return mayShow(kind, after, field, value) ? "may-be" : "otherwise";
  const verdict = verdictOn(record, field, value, shown);
  if (verdict === "taken") return "may-be";
  return verdict === "other" ? "otherwise" : "unchanged";
}

/** Returns whether a changed record may show all of an update. */
const mayShowAll = (update: CheckedUpdate, after: InputFields) =>
  Object.entries(update.changes).every(
    ([field, value]) =>
      appearanceOf(update, after, field) === "as-sent" ||
      (update.write.mayReadField(field) && mayShow(update.write.kind, after, field, value)),
  );

function fieldsThat(update: CheckedUpdate, after: InputFields, ...appearances: Appearance[]) {
  return Object.keys(update.changes).filter((field) =>
    appearances.includes(appearanceOf(update, after, field)),
  );
}

/** Returns whether a reading shows all of an update, even without an answer from Alma. */
export const showsUpdate = (update: CheckedUpdate, after: InputFields): boolean =>
  fieldsThat(update, after, "as-sent", "may-be").length === Object.keys(update.changes).length;

/** Records which values Alma accepted without showing them as sent. */
function noteShown(update: CheckedUpdate, after: InputFields) {
  const { record, changes } = update;
  for (const field of fieldsThat(update, after, "as-sent")) deleteVerdict(record, field);
  for (const field of fieldsThat(update, after, "may-be", "otherwise", "never"))
    recordVerdict(record, field, changes[field], shownValue(after, field), true);
}
