import { isDeepStrictEqual } from "node:util";
import {
  draftFields,
  mayShow,
  type Photo,
  type PhotoSet,
  shownField,
  shownValue,
  showsStored,
  type UploadNames,
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
import { doneResult, type MutationResult } from "../write/mutation-result.ts";
import { pollShown } from "../write/polling.ts";
import { finishDone, finishUnknown, settle } from "../write/send.ts";
import type { InputFields, PreparedWrite } from "../write/write.ts";
import { resolveOutcome } from "./unknown-outcome.ts";

/** An update with resolved refs. */
export interface RequestedUpdate extends PreparedWrite {
  readonly record: CachedRecord;
  readonly input: InputFields;
  /** The ids of the records that the update refers to, by field. */
  readonly parents: Readonly<Record<string, number>>;
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
 * How a read after an update shows a sent field. For a `name` sent as "Flat 7":
 *
 * | appearance | meaning | the read shows |
 * | --- | --- | --- |
 * | equal | the sent value, as Alma stores it | "Flat 7" |
 * | equivalent | a new value that Alma may have made of the sent one | "FLAT 7" |
 * | different | any other new value, perhaps written by someone else | "Flat 8" |
 * | unchanged | the value from before the update | "Flat 6" |
 * | photos-missing | photos that certainly differ from those sent | |
 * | never-shown | Alma shows the field in no record | |
 * | hidden | the caller may not read the field, so no outcome may reveal its value | |
 */
type Appearance =
  | "equal"
  | "equivalent"
  | "different"
  | "unchanged"
  | "photos-missing"
  | "never-shown"
  | "hidden";

/**
 * Finishes an update that Alma accepted. Reads the record again, since Alma may report success and lose the change. The
 * first row that applies decides:
 *
 * | the record shows | result |
 * | --- | --- |
 * | a field "unchanged", and the same value was not accepted before | unknown outcome |
 * | a field with "photos-missing" | unknown outcome |
 * | a field "unchanged", although Alma has accepted the same value twice | REJECTED for this field |
 * | anything else | written |
 *
 * `hasId`: whether the answer contained the record's id, so that the update counts as complete even if the record
 * cannot be read.
 */
export async function finishAccepted(update: CheckedUpdate, hasId: boolean): Promise<MutationResult> {
  const { write, record, changes } = update;
  settle(update);
  const shown = await pollShown(
    write.context.catalog,
    () => readDetailNow(update),
    (after) => fieldsAppearing(update, after, "unchanged", "photos-missing").length === 0,
  );
  if (!shown) {
    if (hasId) return doneResult(record.id);
    return finishUnclear(update, "the record cannot be read");
  }
  updateVerdicts(update, shown);
  const unchanged = fieldsAppearing(update, shown, "unchanged");
  const unclear = unchanged.filter(
    (field) => recordVerdict(record, field, changes[field], shownValue(shown, field), false) === "unchanged",
  );
  if (unclear.length > 0)
    return finishUnclear(update, `Alma still shows the old value of: ${unclear.join(", ")}`, shown);
  const incomplete = fieldsAppearing(update, shown, "photos-missing");
  if (incomplete.length > 0)
    return finishUnclear(update, `Alma does not show all of: ${incomplete.join(", ")}`, shown);
  const message = `Alma accepted this value twice without storing it: ${record.key} still shows the old one. Send another value, or change it in Alma.`;
  for (const field of unchanged) write.addUserError("REJECTED", ["input", field], message);
  return { ...write.finishNotDone(record.id), isWritten: true, notStored: unchanged };
}

/** Polls for the outcome of an update whose answer was lost. The update is done once the record shows it. */
export async function resolveUnknownUpdate(update: CheckedUpdate, sentAt: number): Promise<MutationResult> {
  const { write, record, changes, before } = update;
  let after: InputFields | undefined;
  const result = await resolveOutcome(update, {
    sentAt,
    isChange: before !== undefined && !showsUpdate(update, before),
    async poll() {
      after = await readDetailNow(update);
      if (!after || !showsUpdate(update, after)) return undefined;
      updateVerdicts(update, after);
      return record.id;
    },
    predictRefusals: async () => write.spec.predictRefusals?.(write, changes, record),
  });
  if (result) return result;
  return { ...finishUnknown(update, describeUnknownUpdate(update, after)), sent: sentBy(update) };
}

/**
 * Decides whether an update of unknown outcome, repeated with the same idempotency key, is sent again. The result is
 * done if Alma shows the update now. Undefined if the update may be sent again as soon as no unsettled write conflicts:
 * the record then shows its old values, and no photos are added. Otherwise someone else may have changed the record, so
 * the outcome stays unknown. Throws AlmaError.
 */
export async function repeatUpdate(update: CheckedUpdate): Promise<MutationResult | undefined> {
  const { write, record, changes, lockKeys, earlier } = update;
  const after = await readDetailNow(update);
  const isAsBefore = after !== undefined && earlier?.sent?.before === fingerprintShown(changes, after);
  if (
    after &&
    (showsUpdate(update, after) || (earlier?.sent?.before && !isAsBefore && mayShowAll(update, after)))
  )
    return finishDone(update);
  if (write.services.unsettled.find(lockKeys)) return undefined;
  if (hiddenFields(update).length > 0) return finishUnknown(update, describeUnknownUpdate(update, after));
  if (addsPhotos(changes)) return finishUnclear(update, "Alma does not show all of it", after);
  if (isAsBefore) return undefined;
  const reason = after
    ? "shows neither the values of this change nor those known from before it, so someone may have changed it since"
    : "can no longer be read, so it is unknown whether the change was made";
  const message =
    `${record.key} ${reason}. Nothing was sent again. Check the record; to make the change anyway, use another ` +
    "idempotencyKey.";
  return finishUnknown(update, message);
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
  const { record, earlier } = update;
  const message = `The change of ${record.key} was sent to Alma, but ${evidence}. It is unknown whether the change was made. ${adviceFor(update, after)}`;
  const result = finishUnknown(update, message);
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
async function readDetailNow({ write, record }: CheckedUpdate) {
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
    if (isShown === "certain") return "equal";
    if (isShown === "possible") return "different";
    return before && !isNew ? "unchanged" : "photos-missing";
  }
  if (showsStored(kind, after, field, value)) return "equal";
  if (accepts === "file" && isMadeOf(shown, value as number, uploads)) return "equal";
  const { shownFields } = write.context.catalog.store.tables[kind];
  if (!shownFields.has(field) && !shownFields.has(shownField(field))) return "never-shown";
  if (isNew) return mayShow(kind, after, field, value) ? "equivalent" : "different";
  const verdict = verdictOn(record, field, value, shown);
  if (verdict === "derived") return "equivalent";
  return verdict === "changed" ? "different" : "unchanged";
}

/** Returns whether the values of a changed record may all come from the update. */
const mayShowAll = (update: CheckedUpdate, after: InputFields) =>
  Object.entries(update.changes).every(
    ([field, value]) =>
      appearanceOf(update, after, field) === "equal" ||
      (update.write.mayReadField(field) && mayShow(update.write.kind, after, field, value)),
  );

function fieldsAppearing(update: CheckedUpdate, after: InputFields, ...appearances: Appearance[]) {
  return Object.keys(update.changes).filter((field) =>
    appearances.includes(appearanceOf(update, after, field)),
  );
}

/** Returns whether a read shows all of an update. This proves the update even if Alma's answer was lost. */
export const showsUpdate = (update: CheckedUpdate, after: InputFields): boolean =>
  fieldsAppearing(update, after, "equal", "equivalent").length === Object.keys(update.changes).length;

/** Stores a verdict on each value that Alma accepted but does not show as sent, and deletes those on all others. */
function updateVerdicts(update: CheckedUpdate, after: InputFields) {
  const { record, changes } = update;
  for (const field of fieldsAppearing(update, after, "equal")) deleteVerdict(record, field);
  for (const field of fieldsAppearing(update, after, "equivalent", "different", "never-shown"))
    recordVerdict(record, field, changes[field], shownValue(after, field), true);
}

/** A change of photos and its result. */
interface ChangedPhotos {
  /** The set that was sent; null to delete all. */
  readonly sentPhotos: PhotoSet | null;
  readonly removed: PhotoChanges["remove"];
  readonly shown: readonly Photo[];
  readonly uploads: UploadNames;
}

/** Returns the photos that were not there before, including those added by others. */
const newPhotos = ({ sentPhotos, removed, shown }: Omit<ChangedPhotos, "uploads">): readonly Photo[] =>
  shown.filter(({ id }) => id === null || !(sentPhotos?.keep?.includes(id) || removed?.includes(id)));

/**
 * Returns whether a change of photos shows as sent. A photo id does not identify the uploaded file: an addition is
 * certain if the URL of a new photo contains the name of its upload, and "possible" if as many photos are new as were
 * added and none is known to be somebody else's.
 */
function photosShown(change: ChangedPhotos): "certain" | "possible" | "not" {
  const { sentPhotos, removed, shown, uploads } = change;
  const { keep = [], add } = sentPhotos ?? { add: [] };
  const ids = new Set(shown.map(({ id }) => id));
  const isKept = keep.every((id) => ids.has(id)) && !removed?.some((id) => ids.has(id));
  if (!isKept || (sentPhotos === null && shown.length > 0)) return "not";
  const added = newPhotos(change);
  const missing = add.filter((file) => !added.some(({ url }) => isMadeOf(url, file, uploads)));
  if (missing.length === 0) return "certain";
  const isOpen =
    missing.some((file) => uploads.nameOf(file) === undefined) || added.some(({ url }) => url === null);
  return isOpen && added.length === add.length ? "possible" : "not";
}

/** Returns whether the URL of a photo or scan contains the name of an upload. */
function isMadeOf(link: unknown, file: number, uploads: UploadNames) {
  const name = uploads.nameOf(file);
  return name !== undefined && typeof link === "string" && link.includes(name);
}
