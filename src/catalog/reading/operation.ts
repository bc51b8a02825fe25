import { AlmaError, type Clock } from "../../alma/index.ts";
import { type CachedRecord, DETAIL } from "../store/cached-record.ts";
import { NEVER } from "../store/source.ts";
import type { SharedRead, Waiter } from "./shared-read.ts";

/** How old data may be, in milliseconds; how many calls an operation may cost. */
export interface Limits {
  /** Age of a record named in a query, and of what it points to. */
  readonly maxAge: number;
  /** Age of what is reached through a connection. */
  readonly connectionAge: number;
  /** Whether background work keeps that young: then it is served, be the work ever so far behind. */
  readonly isMaintained: boolean;
  readonly maxCalls: number;
}

/** What the operation itself says of freshness: `@freshness`. */
export interface Freshness {
  /** Milliseconds; replaces both ages. */
  readonly maxAge?: number;
  /** Serve what there is, of any age, where Alma cannot be reached. */
  readonly serveStale?: boolean;
}

/** More errors than this in one answer end it. */
const MAX_FIELD_ERRORS = 1_000;

/**
 * One operation of a caller: when it began, how old its data may be, what it has cost. It is who waits for the reads
 * that it needs (see Waiter).
 */
export class Operation implements Waiter {
  readonly priority = "caller";
  readonly requestId: string;
  readonly startedAt: number;
  /** Data of records named in the query must be newer than this. */
  readonly namedCutoff: number;
  /** Data reached through a connection must be newer than this. */
  readonly connectionCutoff: number;
  /** What decides membership, order and absence must be newer than this. */
  readonly indexCutoff: number;
  /** The same of what background work fails to keep young. */
  readonly unmaintainedCutoff: number;
  /** Whether records of a page found by an index are read again if they are older than `reached`. */
  readonly rereadsPages: boolean;
  readonly serveStale: boolean;
  /** Requests sent to Alma for this operation alone. */
  calls = 0;
  /** The oldest reading in the answer. */
  oldest = Number.POSITIVE_INFINITY;
  /** Things to tell beside the data: a broken entry in a list, members that could not be read. */
  readonly partialDataErrors: { readonly error: AlmaError; readonly path: readonly (string | number)[] }[] =
    [];
  /** Why it has stopped reading, if it has. */
  stopReason: AlmaError | undefined;
  readonly #maxCalls: number;
  readonly #maxAge: number;
  #reserved = 0;
  readonly #sharedReads = new Set<SharedRead>();
  readonly #errors = new Map<string, { count: number; readonly error: AlmaError }>();
  #errorCount = 0;
  #failure: AlmaError | undefined;
  #reject: (error: AlmaError) => void = () => {};
  /** Rejects when the operation is over before its answer is: out of budget, out of time, its caller gone. */
  readonly #ended: Promise<never>;

  constructor(clock: Clock, limits: Limits, requestId: string, freshness: Freshness = {}) {
    const { maxAge, serveStale = false } = freshness;
    this.requestId = requestId;
    this.startedAt = clock();
    this.namedCutoff = this.startedAt - (maxAge ?? limits.maxAge);
    this.unmaintainedCutoff =
      maxAge === 0 ? this.startedAt : this.startedAt - Math.max(limits.connectionAge, maxAge ?? 0);
    this.indexCutoff = limits.isMaintained && maxAge !== 0 ? NEVER : this.unmaintainedCutoff;
    this.connectionCutoff = maxAge === undefined ? this.indexCutoff : this.startedAt - maxAge;
    this.rereadsPages = maxAge !== undefined && maxAge > 0;
    this.serveStale = serveStale;
    this.#maxCalls = limits.maxCalls;
    this.#maxAge = limits.maxAge;
    this.#ended = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.#ended.catch(() => {});
  }

  onSent = (): void => {
    this.calls++;
    if (this.calls > this.#reserved) this.#reserved = this.calls;
  };
  onJoin = (sharedRead: SharedRead): void => {
    this.#sharedReads.add(sharedRead);
  };
  onLeave = (sharedRead: SharedRead): void => {
    this.#sharedReads.delete(sharedRead);
  };

  /**
   * A failure to read counts as an answer if it came after this time. What nobody promised to be young is not asked
   * again at once.
   */
  failuresSince(cutoff: number): number {
    return cutoff === NEVER ? this.startedAt - this.#maxAge : this.startedAt;
  }

  /** Notes that a reading of this time is part of the answer. */
  noteReading(at: number): void {
    if (at < this.oldest) this.oldest = at;
  }

  /**
   * Asks leave for `count` further calls. Over the budget the operation ends, before any of them is made.
   * `stale` are the known records among what is to be read: a looser maxAge would spare reading them.
   */
  reserveCalls(count: number, stale: readonly CachedRecord[] = []): void {
    this.throwIfStopped();
    const needed = this.#reserved + count;
    if (needed > this.#maxCalls) throw this.fail(budgetError(needed, this.#maxCalls, stale, this.startedAt));
    this.#reserved = needed;
  }

  /** How many calls it may still make. */
  get remainingCalls(): number {
    return this.#maxCalls - this.#reserved;
  }

  /** The reason why the operation as a whole has ended, if it has. */
  get failure(): AlmaError | undefined {
    return this.#failure;
  }

  /** Ends the operation: its reads are left, its answer will be this error alone. */
  fail(error: AlmaError): AlmaError {
    this.#failure ??= error;
    this.stop(error);
    return this.#failure;
  }

  /**
   * Stops reading, for want of time or of a caller: what is known by now is the answer, the rest fails with `reason`.
   */
  stop(reason: AlmaError): void {
    this.stopReason ??= reason;
    this.#reject(this.stopReason);
    for (const sharedRead of this.#sharedReads) sharedRead.leave(this);
  }
  /** Throws if the operation has ended. */
  throwIfStopped(): void {
    if (this.stopReason) throw this.stopReason;
  }

  /** Waits for reads, unless the operation ends first; then it throws. */
  waitFor<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#ended]);
  }

  /** Counts an error that costs a field, and gives back what to say of it. Too many of them end the operation. */
  countFieldError(error: AlmaError): AlmaError {
    if (this.#failure) return this.#failure;
    const counted = this.#errors.get(error.code);
    if (counted) counted.count++;
    else this.#errors.set(error.code, { count: 1, error });
    if (++this.#errorCount <= MAX_FIELD_ERRORS) return error;
    const [commonest] = [...this.#errors.values()].sort((a, b) => b.count - a.count);
    const { count, error: example } = commonest ?? { count: this.#errorCount, error };
    return this.fail(
      new AlmaError(
        example.code,
        `More than ${MAX_FIELD_ERRORS} fields of this answer failed, ${count} of them with ${example.code}, so it was ` +
          `given up. The first of those said: ${example.message}`,
      ),
    );
  }
}

/** Seconds in which somebody may follow the advice: what is known grows older meanwhile. */
const ADVICE_MARGIN = 60;

function budgetError(
  needed: number,
  allowed: number,
  stale: readonly CachedRecord[],
  now: number,
): AlmaError {
  const ages = stale
    .map((cached) => now - cached.asOf(DETAIL))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  // With a maxAge above the age of the k-th youngest, k of the records need not be read again.
  const age = ages[needed - allowed - 1];
  const advice =
    age === undefined
      ? "No maxAge would fit, since too many of the records were never read, or may have changed since: ask for fewer of them, with `first` or a filter."
      : `As far as is known by now, it would fit with @freshness(maxAge: ${Math.ceil(age / 1000) + ADVICE_MARGIN}); or ask for fewer records, with \`first\` or a filter.`;
  return new AlmaError(
    "CALL_BUDGET_EXCEEDED",
    `This operation needs at least ${needed} calls to Alma; ${allowed} are allowed (MAX_CALLS). ${advice}`,
  );
}
