import type { PartialState } from "./record-state.ts";
import type { ShownSource, ShownValue } from "./recorder.ts";
import { type FieldErrors, type FieldValues, isSameValue, NEVER, type Source } from "./source.ts";

const NO_VALUES: FieldValues = {};

/**
 * The fields of a record shown by its list or by other records. An omitted field is `undefined`: unknown, not null.
 *
 * A list may always show another value than the detail: `header` may be "" in the list and "Sea view" in the detail.
 * If a detail read later shows another value, it *supersedes* the field: the list's value is ignored until the list
 * shows a new one.
 */
export class PartialRecord implements ShownSource {
  values: FieldValues = NO_VALUES;
  fieldErrors: FieldErrors;
  /** When the last read that showed these fields started. */
  reportedAt = NEVER;
  /** When that read ended. */
  endedAt = NEVER;
  unrecorded: Map<string, ShownValue> | undefined;
  /** When these values were first read. Since then they have not changed, and the list has always had the record. */
  unchangedSince = NEVER;
  /** Whether no field is omitted or superseded. */
  isComplete = false;
  /** Fields superseded by the detail. */
  #superseded: readonly string[] | undefined;
  /** Whether the list no longer contains the record. */
  isWithdrawn = false;

  get startedAt(): number {
    return this.reportedAt;
  }

  /** Returns whether a field is known and not superseded. */
  has(field: string): boolean {
    return this.values[field] !== undefined && !this.#superseded?.includes(field);
  }

  /** Returns whether any such field differs from `values`. */
  differsFrom(values: FieldValues): boolean {
    for (const name in this.values) if (this.values[name] !== values[name] && this.has(name)) return true;
    return false;
  }

  /** Returns whether these fields equal those last read. */
  isRepeatedBy(values: FieldValues, fieldErrors: FieldErrors): boolean {
    return (
      this.values !== NO_VALUES &&
      isSameValue(values, this.values) &&
      isSameValue(fieldErrors, this.fieldErrors)
    );
  }

  /** Records that the same fields were read again from `at` to `end`. */
  repeat(at: number, end: number): void {
    this.reportedAt = at;
    this.endedAt = end;
    if (this.isWithdrawn) this.unchangedSince = at;
    this.isWithdrawn = false;
  }

  /** Applies the fields shown by a read from `at` to `end`. Returns whether they have changed. */
  report(values: FieldValues, fieldErrors: FieldErrors, at: number, end: number): boolean {
    this.repeat(at, end);
    if (this.isRepeatedBy(values, fieldErrors)) return false;
    this.#setSuperseded(this.#superseded?.filter((name) => values[name] === this.values[name]) ?? [], values);
    this.fieldErrors = fieldErrors;
    this.unchangedSince = at;
    return true;
  }

  /** Records that the list no longer contains the record. */
  withdraw(): void {
    this.isWithdrawn = true;
  }

  /**
   * Compares these fields with a detail that was read after them. A field that differs is superseded, unless the
   * previous detail differed from the new one too: the record has then changed since the list was read.
   */
  compareWith(detail: FieldValues, previous: FieldValues | undefined): void {
    const superseded: string[] = [];
    for (const name in this.values) {
      const reported = this.values[name];
      if (reported === undefined || reported === detail[name]) continue;
      if (!previous || previous[name] === detail[name] || this.#superseded?.includes(name))
        superseded.push(name);
    }
    if (superseded.length > 0 || this.#superseded) this.#setSuperseded(superseded, this.values);
  }

  /** Merges these fields over older ones. */
  mergedOver(base: Source | undefined): Source {
    if (!base) return { values: this.values, fieldErrors: this.fieldErrors };
    let { values, fieldErrors } = base;
    for (const name in this.values) {
      if (!this.has(name)) continue;
      if (values[name] !== this.values[name]) values = { ...values, [name]: this.values[name] };
      if (fieldErrors?.[name] !== this.fieldErrors?.[name])
        fieldErrors = { ...fieldErrors, [name]: this.fieldErrors?.[name] };
    }
    return { values, fieldErrors };
  }

  /** Returns the state for `restore`. */
  toState(): PartialState {
    const { values, fieldErrors, reportedAt, unchangedSince } = this;
    const unknown = Object.keys(values).filter((name) => values[name] === undefined);
    return {
      values,
      fieldErrors,
      reportedAt,
      unchangedSince,
      ...(unknown.length > 0 && { unknown }),
      superseded: this.#superseded,
      isWithdrawn: this.isWithdrawn || undefined,
      unrecorded: this.unrecorded && [...this.unrecorded],
    };
  }

  static restore(state: PartialState): PartialRecord {
    const partial = new PartialRecord();
    const unknown = state.unknown?.map((name) => [name, undefined]);
    const values = unknown ? { ...state.values, ...Object.fromEntries(unknown) } : state.values;
    partial.#setSuperseded(state.superseded ?? [], values);
    partial.fieldErrors = state.fieldErrors;
    partial.reportedAt = state.reportedAt;
    partial.endedAt = state.reportedAt;
    partial.unchangedSince = state.unchangedSince;
    partial.isWithdrawn = state.isWithdrawn ?? false;
    partial.unrecorded = state.unrecorded && new Map(state.unrecorded);
    return partial;
  }

  #setSuperseded(superseded: readonly string[], values: FieldValues): void {
    this.#superseded = superseded.length > 0 ? superseded : undefined;
    this.values = values;
    this.isComplete = !this.#superseded && !Object.values(values).includes(undefined);
  }
}
