import { type Faults, NEVER, type Source, type Values } from "./source.ts";

const NOTHING: Values = {};

/**
 * What the lists say of a record, or what other records show of it: some of its fields, those that are not
 * `undefined`. A field whose key an answer left out is unknown, not null.
 *
 * Some fields differ from the detail's for good: a list's `header` may be "" where the detail's is not. So a field is
 * *refuted*, and the detail's value stands, if the detail said otherwise after this was said; it is told again when
 * another value is said.
 */
export class Word {
  values: Values = NOTHING;
  faults: Faults;
  /** When it was last said. */
  at = NEVER;
  /** When it was first said, without a break, and nothing else since. */
  since = NEVER;
  /** Whether it tells all of its fields: none was left out, none is refuted. */
  whole = false;
  #refuted: readonly string[] | undefined;
  #lapsed = false;

  /** Whether it knows a field. */
  tells(field: string): boolean {
    return this.values[field] !== undefined && !this.#refuted?.includes(field);
  }

  /** Whether it tells any field otherwise than `values`. */
  contradicts(values: Values): boolean {
    for (const name in this.values) if (this.values[name] !== values[name] && this.tells(name)) return true;
    return false;
  }

  /** Takes in that it was said again, the same or another. Gives whether it is another. */
  say(values: Values, faults: Faults, at: number): boolean {
    this.at = at;
    if (this.#lapsed) this.since = at;
    this.#lapsed = false;
    if (this.values !== NOTHING && same(values, this.values) && same(faults, this.faults)) return false;
    this.#refute(this.#refuted?.filter((name) => values[name] === this.values[name]) ?? [], values);
    this.faults = faults;
    this.since = at;
    return true;
  }

  /** Takes in that it is said no more. */
  lapse(): void {
    this.#lapsed = true;
  }

  /**
   * Takes in a detail that was read after this was first said. Where it says otherwise, this is refuted; unless the
   * detail said something else `before`: then the record has changed, and this may only not have been said since.
   */
  hold(detail: Values, before: Values | undefined): void {
    const refuted: string[] = [];
    for (const name in this.values) {
      const said = this.values[name];
      if (said === undefined || said === detail[name]) continue;
      if (!before || before[name] === detail[name] || this.#refuted?.includes(name)) refuted.push(name);
    }
    if (refuted.length > 0 || this.#refuted) this.#refute(refuted, this.values);
  }

  /** What it says over what was said before. */
  over(base: Source | undefined): Source {
    if (!base) return { values: this.values, faults: this.faults };
    let { values, faults } = base;
    for (const name in this.values) {
      if (!this.tells(name)) continue;
      if (values[name] !== this.values[name]) values = { ...values, [name]: this.values[name] };
      if (faults?.[name] !== this.faults?.[name]) faults = { ...faults, [name]: this.faults?.[name] };
    }
    return { values, faults };
  }

  #refute(refuted: readonly string[], values: Values): void {
    this.#refuted = refuted.length > 0 ? refuted : undefined;
    this.values = values;
    this.whole = !this.#refuted && !Object.values(values).includes(undefined);
  }
}

/** Whether two have the same value in every field. */
function same(some: Values | undefined, others: Values | undefined): boolean {
  if (some === others) return true;
  for (const name in some) if (some[name] !== others?.[name]) return false;
  for (const name in others) if (others[name] !== some?.[name]) return false;
  return true;
}
