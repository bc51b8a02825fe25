import { randomBytes } from "node:crypto";
import type { Change, ChangeRecorder, ScopeOfField } from "../record/change.ts";
import { NEVER } from "../record/source.ts";

/**
 * The place of a change: those that a store is given with one commit have the same `seq`, and are numbered by `n`. A
 * `seq` counts for the term alone in which it was given.
 */
export interface LogPosition {
  readonly term: string;
  readonly seq: number;
  readonly n: number;
}

/** A change in its place. */
export interface LoggedChange extends Change, LogPosition {
  /** The interval by the wall clock, when it was recorded. */
  readonly wall: Pick<Change, "notBefore" | "notAfter">;
}

/** The most changes with one `seq`. */
const MAX_OF_COMMIT = 500;
/** Bytes that a change takes besides its texts, with its entries in arrays and maps. */
const CHANGE_SIZE = 500;
/** Bytes by default (HISTORY_MEMORY). */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The changes of all records in the order in which they became known, since `knownSince`: in memory, up to a number of
 * bytes, beyond which the oldest are forgotten.
 */
export class ChangeLog implements ChangeRecorder {
  /** Names this process's part of the log. */
  readonly term = randomBytes(6).toString("base64url");
  /** Raised by every change of what it holds. */
  version = 0;
  forgottenUntil = NEVER;
  scopeOf: ScopeOfField = () => undefined;
  readonly #maxBytes: number;
  readonly #dateOf: (at: number) => number;
  #startedAt: number;
  #bytes = 0;
  /** In order; those before `#first` are forgotten. */
  #changes: LoggedChange[] = [];
  #first = 0;
  /** Those from here on no store was given. */
  #untaken = 0;
  #lost: LoggedChange | undefined;
  readonly #byRecord = new Map<string, LoggedChange[]>();
  #forgotten: LogPosition = { term: this.term, seq: 0, n: 0 };
  #last: LogPosition = this.#forgotten;
  /** Whether the next change begins another commit. */
  #isClosed = true;

  /** `startedAt`: since when it is told of changes, by the catalog's clock. `dateOf`: by the wall clock. */
  constructor(startedAt: number, maxBytes = MAX_BYTES, dateOf = (at: number) => at) {
    this.#startedAt = startedAt;
    this.#maxBytes = maxBytes;
    this.#dateOf = dateOf;
  }

  /** Goes on after the last commit of a store, before anything is added. */
  continue(seq: number): void {
    this.#forgotten = { term: this.term, seq, n: 0 };
    this.#last = this.#forgotten;
  }

  /** Begins anew: until now, another process was told of changes. */
  begin(startedAt: number): void {
    this.#startedAt = startedAt;
    this.version++;
  }

  /** Since when no change is forgotten. */
  get knownSince(): number {
    return Math.max(this.#startedAt, this.forgottenUntil);
  }

  /** The position of the last change. */
  get end(): LogPosition {
    return this.#last;
  }

  add(change: Change): void {
    const { key } = change;
    const { term, seq, n } = this.#last;
    const isNext = this.#isClosed || n + 1 === MAX_OF_COMMIT;
    this.#isClosed = false;
    this.#last = isNext ? { term, seq: seq + 1, n: 0 } : { term, seq, n: n + 1 };
    const wall = { notBefore: this.#dateOf(change.notBefore), notAfter: this.#dateOf(change.notAfter) };
    const logged = { ...change, ...this.#last, wall };
    this.#changes.push(logged);
    const known = this.#byRecord.get(key);
    if (known) known.push(logged);
    else this.#byRecord.set(key, [logged]);
    this.version++;
    this.#bytes += sizeOf(change);
    while (this.#bytes > this.#maxBytes && this.#first < this.#changes.length) this.#forgetOldest();
  }

  /** Whether there are changes that no store was given. */
  get hasUntaken(): boolean {
    return this.#untaken < this.#changes.length;
  }

  /**
   * The oldest changes that no store was given, all of the same `seq`, which others no longer get. `lost`: the last
   * that was forgotten before.
   */
  take(): { readonly changes: readonly LoggedChange[]; readonly lost: LoggedChange | undefined } {
    const rest = this.#changes.slice(this.#untaken, this.#untaken + MAX_OF_COMMIT);
    const changes = rest.filter(({ seq }) => seq === rest[0]?.seq);
    this.#untaken += changes.length;
    this.#isClosed ||= !this.hasUntaken;
    const lost = this.#lost;
    this.#lost = undefined;
    return { changes, lost };
  }

  #forgetOldest(): void {
    const oldest = this.#changes[this.#first++] as LoggedChange;
    if (this.#untaken < this.#first) {
      this.#untaken = this.#first;
      this.#lost = oldest;
    }
    const ofRecord = this.#byRecord.get(oldest.key);
    ofRecord?.shift();
    if (ofRecord?.length === 0) this.#byRecord.delete(oldest.key);
    this.#bytes -= sizeOf(oldest);
    this.#forgotten = oldest;
    this.forgottenUntil = Math.max(this.forgottenUntil, oldest.notAfter);
    if (this.#first * 2 < this.#changes.length) return;
    this.#changes = this.#changes.slice(this.#first);
    this.#untaken -= this.#first;
    this.#first = 0;
  }

  last(key: string, field: string | null): Change | undefined {
    return this.#byRecord.get(key)?.findLast((change) => change.field === field);
  }

  /** The changes of a record, the oldest first. */
  of(key: string): readonly LoggedChange[] {
    return this.#byRecord.get(key) ?? [];
  }

  /** Whether every change after a position is still there, and the position is one that there was. */
  reaches(position: LogPosition): boolean {
    const isHere = position.term === this.term;
    return isHere && !isBefore(position, this.#forgotten) && !isBefore(this.#last, position);
  }

  /** The changes after a position, or all, the oldest first. */
  *after(position: LogPosition = this.#forgotten): Generator<LoggedChange, void> {
    let [low, high] = [this.#first, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(position, this.#changes[middle] as LoggedChange)) high = middle;
      else low = middle + 1;
    }
    for (let index = low; index < this.#changes.length; index++) yield this.#changes[index] as LoggedChange;
  }
}

/** Whether a position is before another, in one log. */
export const isBefore = (position: LogPosition, other: LogPosition): boolean =>
  position.seq < other.seq || (position.seq === other.seq && position.n < other.n);

const sizeOf = ({ before, after }: Change): number =>
  CHANGE_SIZE + 2 * ((before?.length ?? 0) + (after?.length ?? 0));
