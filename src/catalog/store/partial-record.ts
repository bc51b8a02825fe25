import { type FieldErrors, type FieldValues, NEVER, type Source } from "./source.ts";

const NO_VALUES: FieldValues = {};

/**
 * What the lists say of a record, or what other records show of it: some of its fields, those that are not
 * `undefined`. A field whose key an answer left out is unknown, not null.
 *
 * Some fields differ from the detail's for good: a list's `header` may be "" where the detail's is not. So a field is
 * *refuted*, and the detail's value stands, if the detail said otherwise after this was said; it is told again when
 * another value is said.
 */
export class PartialRecord {
  values: FieldValues = NO_VALUES;
  fieldErrors: FieldErrors;
  /** When it was last said. */
  reportedAt = NEVER;
  /** When it was first said, without a break, and nothing else since. */
  unchangedSince = NEVER;
  /** Whether it tells all of its fields: none was left out, none is refuted. */
  isComplete = false;
  #superseded: readonly string[] | undefined;
  #isWithdrawn = false;

  /** Whether it knows a field. */
  has(field: string): boolean {
    return this.values[field] !== undefined && !this.#superseded?.includes(field);
  }

  /** Whether it tells any field otherwise than `values`. */
  differsFrom(values: FieldValues): boolean {
    for (const name in this.values) if (this.values[name] !== values[name] && this.has(name)) return true;
    return false;
  }

  /** Takes in that it was said again, the same or another. Gives whether it is another. */
  report(values: FieldValues, fieldErrors: FieldErrors, at: number): boolean {
    this.reportedAt = at;
    if (this.#isWithdrawn) this.unchangedSince = at;
    this.#isWithdrawn = false;
    if (
      this.values !== NO_VALUES &&
      hasSameValues(values, this.values) &&
      hasSameValues(fieldErrors, this.fieldErrors)
    )
      return false;
    this.#setSuperseded(this.#superseded?.filter((name) => values[name] === this.values[name]) ?? [], values);
    this.fieldErrors = fieldErrors;
    this.unchangedSince = at;
    return true;
  }

  /** Takes in that it is said no more. */
  withdraw(): void {
    this.#isWithdrawn = true;
  }

  /**
   * Takes in a detail that was read after this was first said. Where it says otherwise, this is refuted; unless the
   * detail said something else `before`: then the record has changed, and this may only not have been said since.
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

  /** What it says over what was said before. */
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

  #setSuperseded(superseded: readonly string[], values: FieldValues): void {
    this.#superseded = superseded.length > 0 ? superseded : undefined;
    this.values = values;
    this.isComplete = !this.#superseded && !Object.values(values).includes(undefined);
  }
}

/** Whether two have the same value in every field. */
function hasSameValues(first: FieldValues | undefined, second: FieldValues | undefined): boolean {
  if (first === second) return true;
  for (const name in first) if (first[name] !== second?.[name]) return false;
  for (const name in second) if (second[name] !== first?.[name]) return false;
  return true;
}
