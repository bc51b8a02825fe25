import { AlmaError, type Clock } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { type Level, NEVER } from "../record/source.ts";
import type { SharedRead, Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";
import { AnswerBasis } from "./answer-basis.ts";
import { budgetError } from "./budget-error.ts";
import type { Explanation } from "./explanation.ts";
import { type AllowedAges, Cutoffs, type Freshness } from "./freshness.ts";

/** The default ages of an operation's data, and its maximum number of calls. */
interface Limits extends AllowedAges {
  readonly maxCalls: number;
}

/** Something missing in the answer, with the path of the field. */
export interface PartialDataError {
  readonly error: AlmaError;
  path: readonly (string | number)[];
}

const RENTAL_KINDS: readonly Kind[] = ["unit", "room"];

/** An operation with more field errors than this fails. */
const MAX_FIELD_ERRORS = 1_000;

/**
 * One operation of a caller: the ages of its data, its calls and its errors. It is a `Waiter` for reads until it is
 * answered or stopped.
 */
export class Operation extends Cutoffs implements Waiter {
  priority: Waiter["priority"] = "caller";
  readonly requestId: string;
  /** Whether data of any age is served if Alma cannot be reached. */
  readonly serveStale: boolean;
  readonly basis: AnswerBasis;
  /** Set if the caller asks for the cost. */
  readonly explanation: Explanation | undefined;
  /** Missing data that leaves no null field: malformed list entries, unreadable members. */
  readonly partialDataErrors: PartialDataError[] = [];
  /** The error that is the whole answer, if the operation has failed. */
  failure: AlmaError | undefined;
  /** Why the operation stopped reading, if it did. */
  stopReason: AlmaError | undefined;
  /** Requests sent to Alma for this operation alone, retries included. */
  calls = 0;
  readonly #maxAge: number;
  readonly #maxCalls: number;
  #reservedCalls = 0;
  readonly #sharedReads = new Set<SharedRead>();
  readonly #errorsByCode = new Map<string, { count: number; readonly first: AlmaError }>();
  #errorCount = 0;
  /** Rejects with `stopReason` when the operation stops. Created on first use. */
  #stopped: Promise<never> | undefined;
  #rejectStopped: ((reason: AlmaError) => void) | undefined;

  constructor(
    { tables }: Store,
    clock: Clock,
    limits: Limits,
    requestId: string,
    freshness: Freshness = {},
    explanation?: Explanation,
  ) {
    super(clock(), limits, freshness);
    this.requestId = requestId;
    this.basis = new AnswerBasis(tables, this.startedAt, limits);
    this.serveStale = freshness.serveStale ?? false;
    this.explanation = explanation;
    this.#maxAge = limits.maxAge;
    this.#maxCalls = limits.maxCalls;
  }

  onSent = (): void => {
    this.calls++;
    // With retries, more requests can be sent than were reserved.
    this.#reservedCalls = Math.max(this.#reservedCalls, this.calls);
  };
  onJoin = (sharedRead: SharedRead): void => {
    this.#sharedReads.add(sharedRead);
  };
  onLeave = (sharedRead: SharedRead): void => {
    this.#sharedReads.delete(sharedRead);
  };

  /**
   * Returns the time since which failures are reported; reads that failed earlier are retried. It is the operation's
   * start, or MAX_AGE earlier if data of any age is accepted.
   */
  failuresSince(cutoff: number): number {
    return cutoff === NEVER ? this.startedAt - this.#maxAge : this.startedAt;
  }

  /** Returns the cut-off for a record, given the cut-off of records that are not closed. */
  cutoffOf({ isClosed }: Pick<CachedRecord, "isClosed">, cutoff: number): number {
    const { live, closed } = this.promised;
    return cutoff === live || cutoff === closed ? (isClosed ? closed : live) : cutoff;
  }

  /** The oldest reading in the answer; infinite if there is none. */
  get oldest(): number {
    return this.basis.oldest;
  }

  /** Adds a reading made at `at` to the answer, at a place with this cut-off. */
  noteReading(at: number, cutoff: number, isClosed?: boolean): void {
    this.basis.noteReading(at, this.startedAt - cutoff, isClosed);
  }

  /** Adds the version of a record at a level, or its absence, to the basis of the answer. */
  noteRecord(cached: CachedRecord, level: Level, cutoff: number): void {
    this.basis.noteRecord(cached);
    this.basis.noteEnd(cached.isGone(cutoff) ? cached.goneAt : cached.asOf(level), this.startedAt - cutoff);
  }

  /**
   * Adds to the basis of the answer whether an id is a unit's or a room's; `found` is undefined if unknown. While a
   * list contains the record, the list decides.
   */
  noteRentalObject(found: CachedRecord | undefined): void {
    if (found?.isListed) this.basis.noteRecord(found);
    else for (const kind of RENTAL_KINDS) this.basis.noteKind(kind);
  }

  /**
   * Reserves `count` more calls that read `records`. If they exceed the limit, the operation fails with
   * CALL_BUDGET_EXCEEDED before making any of them. Throws that error, or `stopReason` if the operation has stopped.
   */
  reserveCalls(count: number, records: readonly CachedRecord[] = []): void {
    this.throwIfStopped();
    const needed = this.#reservedCalls + count;
    // Retries may have used more than was reserved. That alone does not fail an operation that needs no more calls.
    if (count > 0 && needed > this.#maxCalls)
      throw this.fail(budgetError(needed, this.#maxCalls, records, this));
    this.#reservedCalls = needed;
  }

  /** The number of calls that can still be reserved. */
  get remainingCalls(): number {
    return this.#maxCalls - this.#reservedCalls;
  }

  /** Fails the operation with this error as its whole answer. Returns the first such error. */
  fail(error: AlmaError): AlmaError {
    this.failure ??= error;
    this.stop(error);
    return this.failure;
  }

  /**
   * Stops reading, because the deadline has passed or the caller has disconnected. Known data is returned; other fields
   * fail with `reason`.
   */
  stop(reason: AlmaError): void {
    this.stopReason ??= reason;
    this.#rejectStopped?.(this.stopReason);
    for (const sharedRead of this.#sharedReads) sharedRead.leave(this);
  }

  throwIfStopped(): void {
    if (this.stopReason) throw this.stopReason;
  }

  /** Waits for a promise. Throws `stopReason` if the operation stops first. */
  waitFor<T>(promise: Promise<T>): Promise<T> {
    this.#stopped ??= new Promise((_, reject) => {
      this.#rejectStopped = reject;
      if (this.stopReason) reject(this.stopReason);
    });
    return Promise.race([promise, this.#stopped]);
  }

  /** Counts an error that makes a field null, and returns the error to report. Too many errors fail the operation. */
  countFieldError(error: AlmaError): AlmaError {
    if (this.failure) return this.failure;
    const counted = this.#errorsByCode.get(error.code);
    if (counted) counted.count++;
    else this.#errorsByCode.set(error.code, { count: 1, first: error });
    if (++this.#errorCount <= MAX_FIELD_ERRORS) return error;
    const [commonest] = [...this.#errorsByCode.values()].sort((a, b) => b.count - a.count);
    const { count, first } = commonest ?? { count: this.#errorCount, first: error };
    return this.fail(
      new AlmaError(
        first.code,
        `More than ${MAX_FIELD_ERRORS} fields of this answer failed, ${count} of them with ${first.code}, so it was ` +
          `aborted. The first error: ${first.message}`,
      ),
    );
  }
}
