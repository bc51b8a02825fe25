import {
  asShown,
  type Change,
  NEVER,
  type RecordedFields,
  type ShownSource,
  type ShownValue,
  type Source,
  type WriteCause,
} from "../../catalog/index.ts";
import type { ChangeLog } from "./change-log.ts";

/**
 * Names of changes that are not fields of records: whether a list contains the record and, only for views of the past,
 * the exact value of a field (`exactField`) and the last known values of an evicted record.
 */
export const LISTED_FIELD = "#listed";
export const KNOWN_FIELD = "#known";

type Times = Pick<Change, "startedAt" | "notBefore" | "notAfter">;

/** Returns the name under which the exact value of a field is stored, as JSON. */
const exactField = (field: string) => `#${field}`;

/**
 * Records the changes in a reading of a source, from `startedAt` to `endedAt`. Called before the source is replaced.
 *
 * 1. Overlapping readings have no order: a change is recorded by a reading that started after every reading with the
 *    old value had ended. Until then, the change waits (`unrecorded`).
 * 2. A source is compared only with its own previous reading, since each source may format fields differently.
 */
export function noteChanges(
  log: ChangeLog,
  record: RecordedFields,
  source: ShownSource,
  reading: Source,
  startedAt: number,
  endedAt: number,
): void {
  for (const field of new Set([...asShown.comparedFields(source), ...(source.unrecorded?.keys() ?? [])])) {
    const previous = source.unrecorded?.get(field) ?? valueIn(source, field);
    if (!previous) continue;
    const text = asShown.visibleText(reading, field);
    const isRecorded =
      text === previous.text ||
      (text !== undefined &&
        recordChange(log, record, source, field, previous, { text, startedAt, endedAt }));
    if (isRecorded) source.unrecorded?.delete(field);
    else {
      source.unrecorded ??= new Map();
      source.unrecorded.set(field, previous);
    }
  }
  if (source.unrecorded?.size === 0) source.unrecorded = undefined;
}

function valueIn(source: ShownSource, field: string): ShownValue | undefined {
  const text = asShown.visibleText(source, field);
  const { startedAt, endedAt } = source;
  return text === undefined ? undefined : { text, startedAt, endedAt };
}

/**
 * Records, only for views of the past, the values served until a reading from `startedAt` to `endedAt`, for fields
 * where the reading records no change: the source is new, formats the field differently, or readings overlap. Called
 * when the new values are served.
 */
export function noteServed(
  log: ChangeLog,
  record: RecordedFields,
  before: Source,
  startedAt: number,
  endedAt: number,
): void {
  const { kind, key } = record;
  const now = servedOf(record);
  const isRecorded = (name: string) => {
    const last = log.last(key, name);
    return last?.startedAt === startedAt && last.notAfter === endedAt;
  };
  for (const field of asShown.comparedFields(before)) {
    const text = asShown.visibleText(before, field);
    const isSame =
      text === asShown.visibleText(now, field) &&
      asShown.exactJson(kind, before, field) === asShown.exactJson(kind, now, field);
    if (
      text === undefined ||
      isSame ||
      isRecorded(field) ||
      isRecorded(exactField(asShown.answerFieldOf(before, field)))
    )
      continue;
    addServed(log, record, before, field, { startedAt, notBefore: startedAt, notAfter: endedAt });
  }
}

const servedOf = ({ value: values, fieldErrors }: RecordedFields): Source => ({ values, fieldErrors });

function addServed(log: ChangeLog, record: RecordedFields, served: Source, field: string, times: Times) {
  const name = asShown.answerFieldOf(served, field);
  addChange(log, record, "CHANGED", {
    field: exactField(name),
    before: JSON.stringify(served.values[name]),
    ...times,
  });
}

/**
 * Records the change that a source shows, unless it is already known or not a change. Returns false if a later reading
 * must decide.
 */
function recordChange(
  log: ChangeLog,
  record: RecordedFields,
  source: ShownSource,
  field: string,
  previous: ShownValue,
  { text: after, startedAt, endedAt }: ShownValue,
) {
  // Another source may have shown the change, and the log has discarded it.
  if (previous.startedAt <= log.forgottenUntil) return true;
  const last = log.last(record.key, field);
  const recorded = last && last.notAfter >= previous.startedAt ? last : undefined;
  if (recorded && !recorded.isSecret && recorded.after === after) return true;
  const [detail] = record.sources;
  const inDetail = detail && detail !== source ? asShown.visibleText(detail, field) : undefined;
  // A value that differs from the detail's, before and after, may be in the source's own format. The next detail
  // decides.
  const isOwnForm = inDetail !== undefined && inDetail !== previous.text && inDetail !== after;
  if (isOwnForm && last?.after !== previous.text) return true;
  const isLater = recorded && !recorded.isSecret && recorded.startedAt > previous.endedAt;
  const before = isLater ? recorded.after : previous.text;
  const shownValues = [previous];
  for (const other of record.sources) {
    const shown = other && other !== source && !other.unrecorded?.has(field) && valueIn(other, field);
    if (shown && shown.text === before) shownValues.push(shown);
  }
  if (startedAt <= Math.max(recorded?.notAfter ?? NEVER, ...shownValues.map((shown) => shown.endedAt)))
    return false;
  // A list may show a field as empty that is not, and may have done so before.
  const shownBefore = before === null ? [previous] : shownValues;
  const notBefore = Math.max(...shownBefore.map((shown) => shown.startedAt));
  const times = { startedAt, notBefore, notAfter: endedAt };
  // Undoing changes reaches the text first.
  const served = servedOf(record);
  const text = asShown.visibleText(served, field);
  if (text !== undefined && (text !== before || asShown.exactJson(record.kind, served, field) !== undefined))
    addServed(log, record, served, field, times);
  addChange(log, record, eventOf(field, before, after), { field, before, after, ...times });
  return true;
}

function eventOf(field: string, before: string | null, after: string | null): Change["event"] {
  if (field !== "isArchived") return "CHANGED";
  if (after === "true") return "ARCHIVED";
  return before === "true" ? "RESTORED" : "CHANGED";
}

/** Records a change of a record, with its origin. */
export function addChange(
  log: ChangeLog,
  { kind, id, key, causes = [] }: RecordedFields,
  event: Change["event"],
  change: Times & Partial<Pick<Change, "field" | "before" | "after">>,
): void {
  const { field = null, before = null, after = null, startedAt, notBefore, notAfter } = change;
  const possible = causes.filter((cause) => notBefore <= cause.endedAt && cause.startedAt <= notAfter);
  const isSent = (cause: WriteCause) =>
    cause.key === key && (field === null ? cause.isCreate : cause.fields.includes(field));
  const cause = possible.findLast(isSent) ?? possible.at(-1);
  const scope = field === null ? undefined : log.scopeOf(kind, field.replace("#", ""));
  const isSecret = scope === "SECRETS";
  log.add({
    kind,
    id,
    key,
    event,
    field,
    before: isSecret ? null : before,
    after: isSecret ? null : after,
    isSecret,
    isGuarded: scope !== undefined || field === KNOWN_FIELD,
    startedAt,
    notBefore,
    notAfter,
    origin: cause ? (isSent(cause) ? "WRITE" : "CASCADE") : "SEEN",
    by: cause?.by,
  });
}
