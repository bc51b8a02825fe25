import type { CachedRecord } from "../record/cached-record.ts";

/**
 * Remembered records of one kind by a time, the earliest first (a binary heap): it takes no order of arrival for
 * granted, since answers to calls overtake each other. A record costs 20 bytes, a change a few comparisons.
 */
export class OldestFirst {
  readonly #records: CachedRecord[] = [];
  readonly #times: number[] = [];
  /** The place of each record in the heap, by its slot; -1 if it is not in it. */
  #places = new Int32Array(64).fill(-1);

  get size(): number {
    return this.#records.length;
  }

  /** The record with the earliest time. */
  get first(): CachedRecord | undefined {
    return this.#records[0];
  }

  /** The earliest time; Infinity if there is no record. */
  get firstAt(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  has({ slot }: CachedRecord): boolean {
    return (this.#places[slot] ?? -1) !== -1;
  }

  /** The time of a record; undefined if it is not in it. */
  timeOf(cached: CachedRecord): number | undefined {
    return this.has(cached) ? this.#times[this.#places[cached.slot] as number] : undefined;
  }

  /** Adds a record, or moves it to another time. */
  set(cached: CachedRecord, at: number): void {
    if (!this.has(cached)) {
      this.#put(cached, at, this.#records.length);
      this.#moveUp(this.#records.length - 1);
      return;
    }
    const place = this.#places[cached.slot] as number;
    const previous = this.#times[place] as number;
    this.#times[place] = at;
    if (at < previous) this.#moveUp(place);
    else if (at > previous) this.#moveDown(place);
  }

  delete(cached: CachedRecord): void {
    if (!this.has(cached)) return;
    const place = this.#places[cached.slot] as number;
    const last = this.#records.pop() as CachedRecord;
    const at = this.#times.pop() as number;
    this.#places[cached.slot] = -1;
    if (last === cached) return;
    this.#put(last, at, place);
    this.#moveUp(place);
    this.#moveDown(this.#places[last.slot] as number);
  }

  /** The records of `cutoff` or earlier, in no order: it looks at no others than these and their next ones. */
  upTo(cutoff: number): CachedRecord[] {
    const found: CachedRecord[] = [];
    const places = [0];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      if (place >= this.#times.length || (this.#times[place] as number) > cutoff) continue;
      found.push(this.#records[place] as CachedRecord);
      places.push(2 * place + 2, 2 * place + 1);
    }
    return found;
  }

  #put(cached: CachedRecord, at: number, place: number): void {
    this.#records[place] = cached;
    this.#times[place] = at;
    if (cached.slot >= this.#places.length) {
      const places = new Int32Array(Math.max(2 * this.#places.length, cached.slot + 1)).fill(-1);
      places.set(this.#places);
      this.#places = places;
    }
    this.#places[cached.slot] = place;
  }

  #moveUp(start: number): void {
    const cached = this.#records[start] as CachedRecord;
    const at = this.#times[start] as number;
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((this.#times[parent] as number) <= at) break;
      this.#put(this.#records[parent] as CachedRecord, this.#times[parent] as number, place);
      place = parent;
    }
    if (place !== start) this.#put(cached, at, place);
  }

  #moveDown(start: number): void {
    const cached = this.#records[start] as CachedRecord;
    const at = this.#times[start] as number;
    const { length } = this.#records;
    let place = start;
    for (let child = 2 * place + 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && (this.#times[child + 1] as number) < (this.#times[child] as number)) child++;
      if ((this.#times[child] as number) >= at) break;
      this.#put(this.#records[child] as CachedRecord, this.#times[child] as number, place);
      place = child;
    }
    if (place !== start) this.#put(cached, at, place);
  }
}
