import { AlmaError, type Clock } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind } from "../record/kind.ts";
import { type Level, NEVER } from "../record/source.ts";
import type { SharedRead, Waiter } from "../shared-read/shared-read.ts";
import type { Store } from "../store/store.ts";
import { AnswerBasis } from "./answer-basis.ts";
import { CallBudget } from "./call-budget.ts";
import type { Explanation } from "./explanation.ts";
import { type Ages, Cutoffs, type Freshness } from "./freshness.ts";

/** How old the data of an operation may be by default, and how many calls it may make. */
export interface Limits extends Ages {
  readonly maxCalls: number;
}

/** Something that the answer lacks, and the path of the field that lacks it. */
export interface PartialDataError {
  readonly error: AlmaError;
  path: readonly (string | number)[];
}

const RENTAL_KINDS: readonly Kind[] = ["unit", "room"];

/** An operation with more field errors than this fails. */
const MAX_FIELD_ERRORS = 1_000;

/**
 * One operation of a caller: how old its data may be, the calls that it makes, and the errors that it meets. It waits
 * for its reads as a `Waiter`, until it is answered or stopped.
 */
export class Operation extends Cutoffs implements Waiter {
  priority: Waiter["priority"] = "caller";
  readonly requestId: string;
  /** Whether data of any age is served where Alma cannot be reached. */
  readonly serveStale: boolean;
  /** What its answer rests on. */
  readonly basis: AnswerBasis;
  /** What the operation costs, if its caller asks that. */
  readonly explanation: Explanation | undefined;
  /** What the answer lacks without a field being null: malformed entries of a list, members that could not be read. */
  readonly partialDataErrors: PartialDataError[] = [];
  /** The error that is the whole answer; undefined unless the operation has failed. */
  failure: AlmaError | undefined;
  /** Why it has stopped reading; undefined while it reads. */
  stopReason: AlmaError | undefined;
  readonly #maxAge: number;
  readonly #budget: CallBudget;
  readonly #sharedReads = new Set<SharedRead>();
  readonly #errorsByCode = new Map<string, { count: number; readonly first: AlmaError }>();
  #errorCount = 0;
  /** Rejects with `stopReason` when the operation stops; made when something is first waited for. */
  #stopped: Promise<never> | undefined;
  #rejectStopped: ((reason: AlmaError) => void) | undefined;

  constructor(
    { tables }: Pick<Store, "tables">,
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
    this.#budget = new CallBudget(limits.maxCalls);
  }

  /** Requests sent to Alma for this operation alone, retries included. */
  get calls(): number {
    return this.#budget.sent;
  }

  onSent = (): void => this.#budget.noteSent();
  onJoin = (sharedRead: SharedRead): void => {
    this.#sharedReads.add(sharedRead);
  };
  onLeave = (sharedRead: SharedRead): void => {
    this.#sharedReads.delete(sharedRead);
  };

  /**
   * A failure since this time is reported as it is, and an older one is tried again. The time is the operation's start;
   * where data of any age is accepted, it is MAX_AGE earlier.
   */
  failuresSince(cutoff: number): number {
    return cutoff === NEVER ? this.startedAt - this.#maxAge : this.startedAt;
  }

  /** The cut-off for a record, where it is `cutoff` for those that background work keeps young. */
  cutoffOf({ isClosed }: Pick<CachedRecord, "isClosed">, cutoff: number): number {
    const { live, closed } = this.promised;
    return cutoff === live || cutoff === closed ? (isClosed ? closed : live) : cutoff;
  }

  /** When the oldest reading in the answer was made; infinite if there is none. */
  get oldest(): number {
    return this.basis.oldest;
  }

  /**
   * Notes that something read at `at`, perhaps of closed records, is part of the answer, at a place with this cut-off.
   */
  noteReading(at: number, cutoff: number, isClosed?: boolean): void {
    this.basis.noteReading(at, this.startedAt - cutoff, isClosed);
  }

  /** Notes that the answer rests on what is known of a record at a level, or on its being gone. */
  noteRecord(cached: CachedRecord, level: Level, cutoff: number): void {
    this.basis.noteRecord(cached);
    this.basis.noteEnd(cached.isGone(cutoff) ? cached.goneAt : cached.asOf(level), this.startedAt - cutoff);
  }

  /**
   * Notes that the answer rests on which kind an id is of, a unit's or a room's; `found` is undefined if that is not
   * known. A list decides it for as long as it names the record.
   */
  noteRentalObject(found: CachedRecord | undefined): void {
    if (found?.isListed) this.basis.noteRecord(found);
    else for (const kind of RENTAL_KINDS) this.basis.noteKind(kind);
  }

  /**
   * Reserves `count` further calls, which read `records`. If they are too many, the operation fails with
   * CALL_BUDGET_EXCEEDED before any of them is made. Throws that error, or `stopReason` if the operation has stopped.
   */
  reserveCalls(count: number, records: readonly CachedRecord[] = []): void {
    this.throwIfStopped();
    const error = this.#budget.reserve(count, records, this);
    if (error) throw this.fail(error);
  }

  /** How many calls it may make. */
  get maxCalls(): number {
    return this.#budget.limit;
  }

  /** How many calls may still be reserved. */
  get remainingCalls(): number {
    return this.#budget.remaining;
  }

  /** Fails the operation: it stops, and this error is its whole answer. Returns the error that it failed with first. */
  fail(error: AlmaError): AlmaError {
    this.failure ??= error;
    this.stop(error);
    return this.failure;
  }

  /**
   * Stops reading, because time is up or the caller has left. What is known by now is answered; other fields fail with
   * `reason`.
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
          `given up. The first of those said: ${first.message}`,
      ),
    );
  }
}
