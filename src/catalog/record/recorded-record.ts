import type { Kind } from "../../alma/index.ts";
import { type ChangeRecorder, KNOWN, type WriteCause } from "./change.ts";
import { addChange, type RecordedFields } from "./note-changes.ts";
import type { RecordChange } from "./record-observer.ts";
import { type FieldErrors, type FieldValues, NEVER } from "./source.ts";
import type { WrittenValues } from "./written-value.ts";

/** A record as the changes of it as a whole see it: when it is shown, and when it is gone. */
export abstract class RecordedRecord implements RecordedFields {
  abstract readonly kind: Kind;
  abstract readonly id: number;
  abstract readonly key: string;
  abstract readonly value: FieldValues;
  abstract readonly fieldErrors: FieldErrors;
  abstract readonly sources: RecordedFields["sources"];
  abstract readonly observer: { readonly recorder: ChangeRecorder | undefined } | undefined;
  /** The last writes that may have changed it, the latest last. */
  causes: readonly WriteCause[] | undefined;
  /** When its detail was first read, by the wall clock; undefined if it was not, or if that was not noted. */
  knownSince: number | undefined;
  /** When another record first showed a part of it, by the wall clock; undefined as above. */
  mentionedSince: number | undefined;

  /** What became of values that Alma accepted and does not show as sent. */
  written: WrittenValues | undefined;

  /** Called after every change. */
  protected abstract noteChange(change: RecordChange): void;

  setWritten(written: WrittenValues): void {
    this.written = Object.keys(written).length > 0 ? written : undefined;
    this.noteChange("reading");
  }

  /** Is told of changes in Alma; undefined until the record is remembered. */
  get recorder(): ChangeRecorder | undefined {
    return this.observer?.recorder;
  }

  /** Notes a write that may have changed it; the last few are enough, since a reading follows each. */
  noteCause(cause: WriteCause): void {
    this.causes = [...(this.causes ?? []).filter((known) => known !== cause).slice(-3), cause];
    if (!cause.isCreate || cause.key !== this.key) return;
    // A create whose answer was lost is found by a reading before it is known which record it has made.
    const shown = this.sources.find((source) => source && source.startedAt > cause.startedAt);
    if (shown && !this.recorder?.last(this.key, null)) this.recordMade(shown.startedAt, shown.endedAt);
  }

  /** Records that the first reading that shows it, from `startedAt` to `notAfter`, shows what a write has made. */
  protected recordMade(startedAt: number, notAfter: number): void {
    const write = this.causes?.find(({ isCreate, key }) => isCreate && key === this.key);
    if (write) addChange(this, "APPEARED", { startedAt, notBefore: write.startedAt, notAfter });
  }

  /** Records what is known of it, which is about to be forgotten. */
  recordForgotten(): void {
    const { kind, recorder, knownSince, value, sources } = this;
    const at = recorder?.forgetsAt();
    if (!recorder || at === undefined || !sources[0]) return;
    const isKept = ([field]: readonly [string, unknown]) => recorder.scopeOf(kind, field) !== "SECRETS";
    const values = Object.fromEntries(Object.entries(value).filter(isKept));
    const before = JSON.stringify({ knownSince, values });
    addChange(this, "CHANGED", { field: KNOWN, before, startedAt: at, notBefore: at, notAfter: at });
  }

  /** Records that Alma has no such record, by a reading that started after the end of all that showed it. */
  protected recordGone(startedAt: number, notAfter: number): void {
    const readings = this.sources.filter((source) => source !== undefined);
    const notBefore = Math.max(...readings.map((reading) => reading.startedAt));
    const endedAt = Math.max(...readings.map((reading) => reading.endedAt));
    const last = this.recorder?.last(this.key, null);
    if (notBefore !== NEVER && startedAt > endedAt && !(last && last.notAfter >= notBefore))
      addChange(this, "DISAPPEARED", { startedAt, notBefore, notAfter });
  }

  /** Records that a record that was found gone at `goneAt` is there again. */
  protected recordReturn(goneAt: number, startedAt: number, notAfter: number): void {
    const last = this.recorder?.last(this.key, null);
    if (last?.event === "DISAPPEARED" && startedAt > last.notAfter)
      addChange(this, "APPEARED", { startedAt, notBefore: goneAt, notAfter });
  }
}
