import { NEVER } from "./source.ts";

/** How much of a record a caller needs: that it exists, the fields of its list, or all fields. */
export type Level = 0 | 1 | 2;
export const EXISTS: Level = 0;
export const SUMMARY: Level = 1;
export const DETAIL: Level = 2;

/** The times of a record that decide what may be served of it. */
interface ServableTimes {
  readonly detailAt: number;
  readonly supersededAt: number;
  readonly servesSuperseded: boolean;
  readonly invalidatedAt: number;
  readonly detailInvalidatedAt: number;
  readonly goneAt: number;
}

/** When the detail was read, if it may be served; else NEVER. */
export function servableDetailAt(times: ServableTimes): number {
  const at = unsupersededDetailAt(times);
  return at > times.detailInvalidatedAt ? at : NEVER;
}

/** When what may be served of the fields was read that lists or other records show, last at `partialAt`. */
export function servablePartAt(times: ServableTimes, partialAt: number): number {
  const at = unsupersededDetailAt(times);
  return partialAt > times.invalidatedAt && partialAt > at ? partialAt : at;
}

function unsupersededDetailAt(times: ServableTimes): number {
  const supersededAt = times.servesSuperseded ? NEVER : times.supersededAt;
  return times.detailAt > Math.max(times.invalidatedAt, supersededAt, times.goneAt) ? times.detailAt : NEVER;
}
