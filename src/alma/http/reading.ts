/** Strictly increasing milliseconds: one number orders reads and writes (the rule of time) and measures ages. */
export type Clock = () => number;

/** By so many milliseconds the calendar's clock gets ahead at once only if the machine slept, or somebody sets it. */
const SLEEP_THRESHOLD = 1_000;

/**
 * A clock over `performance.now()`; two calls never give the same number. That stands still while the machine sleeps,
 * and what is known grows old all the same: the time by which the calendar's clock is ahead afterwards is counted in.
 * Set back, it changes nothing.
 */
export function monotonicClock(
  monotonic: () => number = () => performance.now(),
  wallClock = Date.now,
): Clock {
  let last = 0;
  let slept = 0;
  let offset = wallClock() - monotonic();
  return () => {
    const now = monotonic();
    const drift = wallClock() - now - offset;
    offset += drift;
    if (drift > SLEEP_THRESHOLD) slept += drift;
    // 2^-10 ms is exact in a double for centuries of uptime.
    last = Math.max(last + 2 ** -10, now + slept);
    return last;
  };
}

/** Fields of a record that Alma answered with a value of no readable kind, each with the reason. */
export type FieldErrors<T> = Partial<Record<keyof T, string>>;

/** A record as read; a field in `faults` is null in `record`. */
export interface Decoded<T> {
  readonly record: T;
  readonly fieldErrors?: FieldErrors<T>;
}

/** A value and the clock's time when the request that brought it was sent (the last attempt, if it was retried). */
export interface Reading<T> {
  readonly asOf: number;
  readonly value: T;
}

/** All of a list, and how many of its entries had no usable id. */
export interface Listing<T> {
  readonly items: readonly Decoded<T>[];
  readonly malformed: number;
}

/**
 * The answer to a lookup of one record. `found` undefined: Alma has no such record. `decided` false: the 404 came
 * from a form of the path that never worked in this process, or for an id that a path cannot carry reliably; then
 * the type's list decides.
 */
export interface Lookup<T> {
  readonly asOf: number;
  readonly match?: Decoded<T>;
  readonly isConclusive: boolean;
}

/** How one call is to be made. */
export interface CallOptions {
  /** Callers' work goes before background work. */
  readonly priority: "caller" | "background";
  /** Ends a read whose caller has left or run out of time. Writes ignore it. */
  readonly signal?: AbortSignal;
  /** Sent to Alma as X-Request-Id. Operations take turns by it. */
  readonly requestId?: string;
  /** Called once for each HTTP request that is sent, retries and further forms of a path included. */
  readonly onSent?: () => void;
  /**
   * Called if the call has to wait behind others; `promote` moves it among the callers' calls, and forward if the
   * operation with the given id has fewer calls in line.
   */
  readonly onQueued?: (promote: (requestId?: string) => void) => void;
}
