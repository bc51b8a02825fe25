import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { CONTRACT_KINDS, partiesOf } from "../store/closed.ts";
import type { Store } from "../store/store.ts";

/** The share of the time since midnight that passes between two reads of a record that changes today. */
const GROWTH = 0.1;

/**
 * Rental objects and clients of contracts that start or end today: their statuses follow the calendar, mostly soon
 * after midnight. `onChange` is called with each record that begins or ceases to be one of these.
 */
export function createChangingToday({ tables }: Store, onChange: (cached: CachedRecord) => void) {
  let day = "";
  /** When the day began, by the catalog's clock. */
  let beganAt = 0;
  /** By kind: a record may be remembered later. One that a contract no longer refers to stays until the day ends. */
  let changing = new Map<Kind, Set<number>>();

  /** Notes a contract that has changed. */
  function note({ kind, isListed, value }: CachedRecord): void {
    if (!isListed) return;
    if (value.startDate !== day && value.endDate !== day) return;
    for (const [other, id] of partiesOf(kind, value)) {
      const ids = changing.get(other) ?? new Set();
      changing.set(other, ids.add(id));
      tell(other, id);
    }
  }

  function tell(kind: Kind, id: number): void {
    const cached = tables[kind].getRemembered(id);
    if (cached) onChange(cached);
  }

  return {
    note,

    /** How long after a read at `at` a record is read again that changes today; undefined if it does not. */
    pauseAfter({ kind, id }: CachedRecord, at: number): number | undefined {
      return changing.get(kind)?.has(id) ? GROWTH * Math.max(0, at - beganAt) : undefined;
    },

    /** Begins a day, `sinceMidnight` milliseconds after it began. Only then are all contracts looked at. */
    setDay(today: string, now: number, sinceMidnight: () => number): void {
      if (today === day) return;
      day = today;
      beganAt = now - sinceMidnight();
      const before = changing;
      changing = new Map();
      for (const [kind, ids] of before) for (const id of ids) tell(kind, id);
      for (const kind of CONTRACT_KINDS) for (const cached of tables[kind].listed) note(cached);
    },
  };
}
