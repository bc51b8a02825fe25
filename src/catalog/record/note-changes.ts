import type { Kind } from "../../alma/index.ts";
import {
  type Change,
  type ChangeEvent,
  type ChangeRecorder,
  exactField,
  KNOWN,
  type WriteCause,
} from "./change.ts";
import { comparedFields, exactText, nameOf, shownText } from "./shown-field.ts";
import { type FieldErrors, type FieldValues, NEVER, type Source } from "./source.ts";

/** A value that a source showed, and when the last reading of the source that showed it started and ended. */
export interface Showing {
  readonly text: string | null;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What a list, a detail or the parts in other records last showed of a record. */
export interface ShownSource extends Source {
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it last showed of fields that it shows otherwise now, as long as that does not tell a change yet. */
  untold: Map<string, Showing> | undefined;
}

/** A record whose changes are recorded. */
export interface RecordedFields {
  readonly kind: Kind;
  readonly id: number;
  readonly key: string;
  readonly recorder: ChangeRecorder | undefined;
  /** What is served of it. */
  readonly value: FieldValues;
  readonly fieldErrors: FieldErrors;
  /** Its detail first. */
  readonly sources: readonly (ShownSource | undefined)[];
  /** The last writes that may have changed it, the latest last. */
  readonly causes: readonly WriteCause[] | undefined;
}

/**
 * Records what a reading of a source, from `startedAt` to `endedAt`, changes; called before the source shows that.
 *
 * 1. Readings that overlap do not order: a change is told by a reading that started after the end of every reading that
 *    showed the value before. One that started earlier is waited out (`untold`).
 * 2. A source tells a change only where it shows other than it showed before itself: sources show fields in forms of
 *    their own.
 */
export function noteChanges(
  record: RecordedFields,
  source: ShownSource,
  reading: Source,
  startedAt: number,
  endedAt: number,
): void {
  const { recorder } = record;
  if (!recorder) return;
  for (const field of new Set([...comparedFields(source), ...(source.untold?.keys() ?? [])])) {
    const previous = source.untold?.get(field) ?? showingOf(source, field);
    if (!previous) continue;
    const text = shownText(reading, field);
    const isTold =
      text === previous.text ||
      (text !== undefined && tell(record, recorder, source, field, previous, { text, startedAt, endedAt }));
    if (isTold) source.untold?.delete(field);
    else {
      source.untold ??= new Map();
      source.untold.set(field, previous);
    }
  }
  if (source.untold?.size === 0) source.untold = undefined;
}

function showingOf(source: ShownSource, field: string): Showing | undefined {
  const text = shownText(source, field);
  const { startedAt, endedAt } = source;
  return text === undefined ? undefined : { text, startedAt, endedAt };
}

/**
 * Records, for views of the past alone, what was served of a record until a reading from `startedAt` to `endedAt`, of
 * fields of which that tells no change: a source shows another value at its first sight, or in a form of its own, or
 * readings overlap. Called when what it makes of the record is served.
 */
export function noteServed(record: RecordedFields, before: Source, startedAt: number, endedAt: number): void {
  const { kind, key, recorder } = record;
  if (!recorder) return;
  const now = servedOf(record);
  const isTold = (name: string) => {
    const last = recorder.last(key, name);
    return last?.startedAt === startedAt && last.notAfter === endedAt;
  };
  for (const field of comparedFields(before)) {
    const text = shownText(before, field);
    const isSame =
      text === shownText(now, field) && exactText(kind, before, field) === exactText(kind, now, field);
    if (text === undefined || isSame || isTold(field) || isTold(exactField(nameOf(before, field)))) continue;
    addServed(record, before, field, { startedAt, notBefore: startedAt, notAfter: endedAt });
  }
}

const servedOf = ({ value: values, fieldErrors }: RecordedFields): Source => ({ values, fieldErrors });

function addServed(
  record: RecordedFields,
  served: Source,
  field: string,
  times: Pick<Change, "startedAt" | "notBefore" | "notAfter">,
): void {
  const name = nameOf(served, field);
  addChange(record, "CHANGED", {
    field: exactField(name),
    before: JSON.stringify(served.values[name]),
    ...times,
  });
}

/** Records the change that a source tells, unless it is known or none. Returns false if a later reading has to tell. */
function tell(
  record: RecordedFields,
  recorder: ChangeRecorder,
  source: ShownSource,
  field: string,
  previous: Showing,
  { text: after, startedAt, endedAt }: Showing,
): boolean {
  // Another source may have told it, in what is forgotten.
  if (previous.startedAt <= recorder.forgottenUntil) return true;
  const last = recorder.last(record.key, field);
  const told = last && last.notAfter >= previous.startedAt ? last : undefined;
  if (told && !told.isSecret && told.after === after) return true;
  const [detail] = record.sources;
  const inDetail = detail && detail !== source ? shownText(detail, field) : undefined;
  // What neither was nor is as in the detail may be in a form of the source's own. The next detail tells.
  const isOwnForm = inDetail !== undefined && inDetail !== previous.text && inDetail !== after;
  if (isOwnForm && last?.after !== previous.text) return true;
  const isLater = told && !told.isSecret && told.startedAt > previous.endedAt;
  const before = isLater ? told.after : previous.text;
  const showings = [previous];
  for (const other of record.sources) {
    const showing = other && other !== source && !other.untold?.has(field) && showingOf(other, field);
    if (showing && showing.text === before) showings.push(showing);
  }
  if (startedAt <= Math.max(told?.notAfter ?? NEVER, ...showings.map((showing) => showing.endedAt)))
    return false;
  // A list may show as empty what is not, so that it may have shown that all the time.
  const shownBefore = before === null ? [previous] : showings;
  const notBefore = Math.max(...shownBefore.map((showing) => showing.startedAt));
  const times = { startedAt, notBefore, notAfter: endedAt };
  // Whoever undoes changes comes to the text first.
  const served = servedOf(record);
  const text = shownText(served, field);
  if (text !== undefined && (text !== before || exactText(record.kind, served, field) !== undefined))
    addServed(record, served, field, times);
  addChange(record, eventOf(field, before, after), { field, before, after, ...times });
  return true;
}

function eventOf(field: string, before: string | null, after: string | null): ChangeEvent {
  if (field !== "isArchived") return "CHANGED";
  if (after === "true") return "ARCHIVED";
  return before === "true" ? "RESTORED" : "CHANGED";
}

/** Records a change of a record, with its origin. */
export function addChange(
  { kind, id, key, recorder, causes = [] }: RecordedFields,
  event: ChangeEvent,
  change: Pick<Change, "startedAt" | "notBefore" | "notAfter"> &
    Partial<Pick<Change, "field" | "before" | "after">>,
): void {
  const { field = null, before = null, after = null, startedAt, notBefore, notAfter } = change;
  const possible = causes.filter((cause) => notBefore <= cause.endedAt && cause.startedAt <= notAfter);
  const isSent = (cause: WriteCause) =>
    cause.key === key && (field === null ? cause.isCreate : cause.fields.includes(field));
  const cause = possible.findLast(isSent) ?? possible.at(-1);
  const scope = field === null ? undefined : recorder?.scopeOf(kind, field.replace("#", ""));
  const isSecret = scope === "SECRETS";
  recorder?.add({
    kind,
    id,
    key,
    event,
    field,
    before: isSecret ? null : before,
    after: isSecret ? null : after,
    isSecret,
    isGuarded: scope !== undefined || field === KNOWN,
    startedAt,
    notBefore,
    notAfter,
    origin: cause ? (isSent(cause) ? "WRITE" : "CASCADE") : "SEEN",
    by: cause?.by,
  });
}
