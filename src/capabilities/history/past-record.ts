import { AlmaError } from "../../alma/index.ts";
import {
  asShown,
  type CachedRecord,
  type FieldErrors,
  type FieldValues,
  type Kind,
  kindDefinitions,
  type LoggedChange,
  NEVER,
  NOT_STORED_REASON,
  type RecordState,
} from "../../catalog/index.ts";
import { KNOWN_FIELD, LISTED_FIELD } from "./note-changes.ts";

/** The times, by a past catalog's clock, at which all of it was read, and at which it is viewed. */
export const PAST_READ_AT = 1;
export const PAST_NOW = 3;

/** Creates the error for data that is not known at the requested time, but since a later time. */
export function notKnownThenError(what: string, knownSince = Infinity): AlmaError {
  const since = Number.isFinite(knownSince) ? new Date(knownSince).toISOString() : undefined;
  const known = since
    ? `known since ${since}, which is after the requested time. Request a later time, or leave it out.`
    : "not known at the time that is asked about. Leave it out, or ask for a later time.";
  return new AlmaError("NOT_KNOWN_THEN", `The past of ${what} is ${known}`, { since });
}

/** A record as it was known, while changes are undone from the last one on. */
export class PastRecord {
  readonly kind: Kind;
  values: FieldValues;
  /** Whether the values are a copy that may be modified. */
  #isOwn = false;
  fieldErrors: FieldErrors;
  isListed: boolean;
  isGone: boolean;
  /** See `CachedRecord`. */
  knownSince: number | undefined;
  readonly #mentionedSince: number | undefined;

  /** `isGone`: whether it had disappeared; in a past catalog, a record that is gone always has. */
  constructor(cached: CachedRecord, isGone = cached.isGone(NEVER)) {
    this.kind = cached.kind;
    this.values = cached.value;
    this.fieldErrors = cached.fieldErrors;
    this.isListed = cached.isListed;
    this.isGone = isGone;
    this.knownSince = cached.knownSince ?? (cached.detail ? undefined : Infinity);
    this.#mentionedSince = cached.mentionedSince;
  }

  undo({ event, field, before, isSecret }: LoggedChange): void {
    if (field === LISTED_FIELD) this.isListed = event === "UNLISTED";
    else if (event === "APPEARED") {
      this.isGone = true;
      this.isListed = false;
    } else if (event === "DISAPPEARED") this.isGone = false;
    else if (isSecret) this.#lose(field ?? "");
    else if (field === KNOWN_FIELD)
      Object.assign(this, { knownSince: undefined, isGone: false }, JSON.parse(before ?? ""));
    else if (field?.startsWith("#")) this.#set(field.slice(1), null, before ?? undefined);
    else if (field) this.#set(field, before);
  }

  #set(field: string, text: string | null, exact?: string) {
    const values = this.#ownValues();
    if (exact === undefined) asShown.setVisibleText(this.kind, values, field, text);
    else values[field] = JSON.parse(exact);
    if (this.fieldErrors?.[field] !== undefined)
      this.fieldErrors = { ...this.fieldErrors, [field]: undefined };
  }

  #ownValues() {
    if (!this.#isOwn) this.values = { ...this.values };
    this.#isOwn = true;
    return this.values as Record<string, unknown>;
  }

  /** Marks a value as unknown: it was discarded, or never known. */
  #lose(field: string) {
    if (field === KNOWN_FIELD) Object.assign(this, { values: {}, knownSince: Infinity });
    else {
      this.#ownValues()[field] = null;
      this.fieldErrors = { ...this.fieldErrors, [field]: NOT_STORED_REASON };
    }
  }

  /** Updates its parts of other records. */
  showParts(valuesOf: (kind: Kind, id: number) => FieldValues | undefined): void {
    for (const { field, to } of kindDefinitions[this.kind].embeddedRelations) {
      const part = this.values[field] as (FieldValues & { readonly id: number }) | null | undefined;
      const other = part && valuesOf(to[0], part.id);
      if (!other) continue;
      let shown: FieldValues = part;
      for (const name in part)
        if (name !== "id" && part[name] !== other[name]) shown = { ...shown, [name]: other[name] };
      if (shown !== part) this.#ownValues()[field] = shown;
    }
  }

  /** Returns the record's state in a past catalog. `wasKnown`: returns whether data known since a time is shown. */
  toState(key: string, wasKnown: (since: number) => boolean): RecordState {
    const { kind, values, fieldErrors, knownSince } = this;
    const isKnown = knownSince === undefined || wasKnown(knownSince);
    const mentionedSince = this.#mentionedSince;
    const goneAt = this.isGone ? PAST_READ_AT + 1 : undefined;
    // Avoids spreading: states with one shape are restored several times as fast.
    if (isKnown && Object.keys(values).length > 0)
      return {
        detail: { values, fieldErrors },
        detailAt: PAST_READ_AT,
        relationsKnownAt: PAST_READ_AT,
        knownSince,
        mentionedSince,
        goneAt,
      };
    const { code, message, since } = notKnownThenError(key, knownSince);
    const failure = { at: PAST_NOW, code, message, since, isAboutRecord: true };
    const isMentioned = mentionedSince !== undefined && wasKnown(mentionedSince);
    if (!this.isListed && !isMentioned) return { failure, knownSince, mentionedSince, goneAt };
    const summary: FieldValues = Object.fromEntries(
      kindDefinitions[kind].summaryFields.map((field) => [field, values[field]]),
    );
    const shown = { values: summary, fieldErrors, reportedAt: PAST_READ_AT, unchangedSince: PAST_READ_AT };
    return { summary: shown, failure, knownSince, mentionedSince, goneAt };
  }
}
