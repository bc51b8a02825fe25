import type { AlmaError } from "../alma/index.ts";
import type { Kind } from "./kind.ts";

/** Before every time of the clock. */
export const NEVER = Number.NEGATIVE_INFINITY;

/** Fields by name. The records' own types are given back at the catalog's edge. */
export type Values = Readonly<Record<string, unknown>>;

/** Reasons by field. */
export type Faults = Readonly<Record<string, string | undefined>> | undefined;

interface Source {
  readonly values: Values;
  readonly faults: Faults;
}

/** How much of a record a caller needs: that it exists, what its list shows, or all of it. */
export type Level = 0 | 1 | 2;
export const EXISTS: Level = 0;
export const SUMMARY: Level = 1;
export const DETAIL: Level = 2;

/**
 * What is known of one record, and since when. All times are the clock's, and each is the time at which the call
 * that brought the value was *sent*.
 */
export class Entry {
  readonly kind: Kind;
  readonly id: number;
  /** The id in the graph: `Unit:9199`. */
  readonly key: string;
  /** The newest known value of every known field. Replaced, never changed: a reader may keep it as its version. */
  value: Values = {};
  /** Fields that Alma answered unreadably, with the reason. */
  faults: Faults;
  detailAt = NEVER;
  summaryAt = NEVER;
  /** When Alma last said that there is no such record. */
  goneAt = NEVER;
  /** When the last write ended that may have changed any of its fields. */
  touchedAt: number;
  /** When the last write ended that may have changed fields beside those of its list. */
  changedAt: number;
  /** When a list showed the record otherwise than its detail did. */
  outdatedAt = NEVER;
  /** Whether the newest list names it. */
  listed = false;
  /** Whether Alma has said of which kind its id is, without saying more (Alma: Rental object). */
  placed = false;
  /** Why its detail could not be read the last time it was tried, and when that was. */
  failure: { readonly at: number; readonly error: AlmaError } | undefined;
  #summary: Source | undefined;
  #detail: Source | undefined;
  #list: Values | undefined;

  constructor(
    kind: Kind,
    id: number,
    typeName: string,
    writes: Pick<Entry, "touchedAt" | "changedAt"> = { touchedAt: NEVER, changedAt: NEVER },
  ) {
    this.kind = kind;
    this.id = id;
    this.key = `${typeName}:${id}`;
    this.touchedAt = writes.touchedAt;
    this.changedAt = writes.changedAt;
  }

  /** The time that the level's knowledge is from, or NEVER if a write or a list has overtaken it. */
  at(level: Level): number {
    const detail = this.detailAt > this.touchedAt && this.detailAt > this.outdatedAt ? this.detailAt : NEVER;
    if (level === DETAIL) return detail > this.changedAt ? detail : NEVER;
    return this.summaryAt > this.touchedAt && this.summaryAt > detail ? this.summaryAt : detail;
  }

  /** What its detail said when it was last read, whatever lists have said since: a list may leave fields empty. */
  get detail(): Values | undefined {
    return this.#detail?.values;
  }

  /** Whether its references are not known as of the last write that touched it, so that it may be anyone's. */
  get unplaced(): boolean {
    return this.detailAt <= Math.max(this.touchedAt, this.changedAt);
  }

  /** True when the last word of Alma, after every write that touched it and not before `cutoff`, is that it is gone. */
  gone(cutoff: number): boolean {
    return this.goneAt > this.touchedAt && this.goneAt >= cutoff && this.goneAt > this.at(SUMMARY);
  }

  /** The failure to read its detail, if it is no older than `cutoff` and no write came after it. */
  failed(cutoff: number): AlmaError | undefined {
    const { failure } = this;
    const written = Math.max(this.touchedAt, this.changedAt);
    return failure && failure.at > written && failure.at >= cutoff ? failure.error : undefined;
  }

  /** Takes in the record's detail. An older reading than the known one changes nothing. */
  takeDetail(values: Values, faults: Faults, at: number): void {
    if (at <= this.detailAt) return;
    this.detailAt = at;
    // Whatever the list said of the detail as it was, it has not said of this one.
    if (this.#list && this.#detail && differs(pick(this.#detail.values, this.#list), values))
      this.#list = undefined;
    this.#detail = { values, faults };
    this.failure = undefined;
    this.#merge();
  }

  /** Takes in a part of the record with all fields of its summary: from a list, or from inside another record. */
  takeSummary(values: Values, faults: Faults, at: number): void {
    if (at <= this.summaryAt) return;
    this.summaryAt = at;
    this.#summary = { values, faults };
    if (faults || this.faults || differs(values, this.value)) this.#merge();
  }

  /**
   * Takes in the record's entry in a list. If that differs from the detail, and from what the list said before, the
   * detail is outdated. (Some fields differ for good: a list's `header` may be "" where the detail's is not.)
   * `settled` tells a record that cannot change any more: its detail is then as new as the list that names it.
   */
  takeListed(values: Values, faults: Faults, at: number, settled: (value: Values) => boolean): void {
    const detail = this.#detail;
    if (detail && this.detailAt < at && differs(values, detail.values)) {
      if (this.#list === undefined || differs(values, this.#list)) this.outdatedAt = at;
    }
    this.#list = values;
    this.takeSummary(values, faults, at);
    if (this.at(DETAIL) !== NEVER && at > this.detailAt && settled(this.value)) this.detailAt = at;
  }

  #merge(): void {
    const [newer, older] =
      this.detailAt >= this.summaryAt ? [this.#detail, this.#summary] : [this.#summary, this.#detail];
    this.value = newer?.values ?? {};
    this.faults = newer?.faults;
    if (!older || !newer || covers(newer.values, older.values)) return;
    this.value = { ...older.values, ...newer.values };
    for (const name in older.faults) {
      if (!(name in newer.values)) this.faults = { ...this.faults, [name]: older.faults?.[name] };
    }
  }
}

/** The fields of `values` that `like` has too. */
function pick(values: Values, like: Values): Values {
  return Object.fromEntries(Object.keys(like).map((name) => [name, values[name]]));
}

/** Whether `values` has every field that `others` has. */
function covers(values: Values, others: Values): boolean {
  for (const name in others) if (!(name in values)) return false;
  return true;
}

/** Whether any field of `part` has another value in `whole`. */
function differs(part: Values, whole: Values): boolean {
  for (const name in part) if (part[name] !== whole[name]) return true;
  return false;
}
