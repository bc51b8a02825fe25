import type { CachedRecord } from "../record/cached-record.ts";

/**
 * Orders cached records of one kind by a time, earliest first (a binary heap). Times may arrive in any order, since
 * answers overtake each other. A record takes 20 bytes; a change takes a few comparisons.
 */
export function createOldestFirst() {
  const records: CachedRecord[] = [];
  const times: number[] = [];
  /** The position of each record in the heap, by slot; -1 if absent. */
  let places = new Int32Array(64).fill(-1);

  const has = ({ slot }: CachedRecord) => (places[slot] ?? -1) !== -1;

  function setAt(cached: CachedRecord, at: number, place: number) {
    records[place] = cached;
    times[place] = at;
    if (cached.slot >= places.length) {
      const grown = new Int32Array(Math.max(2 * places.length, cached.slot + 1)).fill(-1);
      grown.set(places);
      places = grown;
    }
    places[cached.slot] = place;
  }

  function moveUp(start: number) {
    const cached = records[start] as CachedRecord;
    const at = times[start] as number;
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((times[parent] as number) <= at) break;
      setAt(records[parent] as CachedRecord, times[parent] as number, place);
      place = parent;
    }
    if (place !== start) setAt(cached, at, place);
  }

  function moveDown(start: number) {
    const cached = records[start] as CachedRecord;
    const at = times[start] as number;
    const { length } = records;
    let place = start;
    for (let child = 2 * place + 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && (times[child + 1] as number) < (times[child] as number)) child++;
      if ((times[child] as number) >= at) break;
      setAt(records[child] as CachedRecord, times[child] as number, place);
      place = child;
    }
    if (place !== start) setAt(cached, at, place);
  }

  return {
    get size() {
      return records.length;
    },

    /** The record with the earliest time. */
    get first(): CachedRecord | undefined {
      return records[0];
    },

    /** The earliest time; Infinity if empty. */
    get firstAt() {
      return times[0] ?? Infinity;
    },

    /** Returns the time of a record, if present. */
    timeOf: (cached: CachedRecord): number | undefined =>
      has(cached) ? times[places[cached.slot] as number] : undefined,

    /** Adds a record, or changes its time. */
    set(cached: CachedRecord, at: number) {
      if (!has(cached)) {
        setAt(cached, at, records.length);
        moveUp(records.length - 1);
        return;
      }
      const place = places[cached.slot] as number;
      const previous = times[place] as number;
      times[place] = at;
      if (at < previous) moveUp(place);
      else if (at > previous) moveDown(place);
    },

    delete(cached: CachedRecord) {
      if (!has(cached)) return;
      const place = places[cached.slot] as number;
      const last = records.pop() as CachedRecord;
      const at = times.pop() as number;
      places[cached.slot] = -1;
      if (last === cached) return;
      setAt(last, at, place);
      moveUp(place);
      moveDown(places[last.slot] as number);
    },

    /** Returns the records up to `cutoff`, unordered, without visiting many others. */
    upTo(cutoff: number): CachedRecord[] {
      const found: CachedRecord[] = [];
      const open = [0];
      for (let place = open.pop(); place !== undefined; place = open.pop()) {
        if (place >= times.length || (times[place] as number) > cutoff) continue;
        found.push(records[place] as CachedRecord);
        open.push(2 * place + 2, 2 * place + 1);
      }
      return found;
    },
  };
}

export type OldestFirst = ReturnType<typeof createOldestFirst>;
