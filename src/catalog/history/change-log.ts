import { randomBytes } from "node:crypto";
import type { Change, ChangeRecorder } from "../record/change.ts";
import type { Kind } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";

/** The place of a change: changes that one reading shows have the same `seq`, and are numbered by `n`. */
export interface LogPosition {
  readonly seq: number;
  readonly n: number;
}

/** A change in its place. */
export type LoggedChange = Change & LogPosition;

/** Bytes that a change takes besides its texts, with its entries in arrays and maps. */
const CHANGE_SIZE = 400;
/** Bytes by default (HISTORY_MEMORY). */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The changes of all records in the order in which they became known, since `knownSince`: in memory, up to a number of
 * bytes, beyond which the oldest are forgotten.
 */
export class ChangeLog implements ChangeRecorder {
  /** Names this log: positions are of one log. */
  readonly term = randomBytes(6).toString("base64url");
  /** Raised by every change of what it holds. */
  version = 0;
  forgottenUntil = NEVER;
  isSecret: (kind: Kind, field: string) => boolean = () => false;
  readonly #maxBytes: number;
  #startedAt: number;
  #bytes = 0;
  /** In order; those before `#first` are forgotten. */
  #changes: LoggedChange[] = [];
  #first = 0;
  readonly #byRecord = new Map<string, LoggedChange[]>();
  #forgotten: LogPosition = { seq: 0, n: 0 };
  #last: LogPosition & { readonly notAfter: number } = { seq: 0, n: 0, notAfter: NEVER };

  /** `startedAt`: since when it is told of changes, by the catalog's clock. */
  constructor(startedAt: number, maxBytes = MAX_BYTES) {
    this.#startedAt = startedAt;
    this.#maxBytes = maxBytes;
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
    const { notAfter, key } = change;
    const isSameReading = notAfter === this.#last.notAfter;
    const seq = isSameReading ? this.#last.seq : this.#last.seq + 1;
    this.#last = { seq, n: isSameReading ? this.#last.n + 1 : 0, notAfter };
    const logged = { ...change, seq, n: this.#last.n };
    this.#changes.push(logged);
    const known = this.#byRecord.get(key);
    if (known) known.push(logged);
    else this.#byRecord.set(key, [logged]);
    this.version++;
    this.#bytes += sizeOf(change);
    while (this.#bytes > this.#maxBytes && this.#first < this.#changes.length) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#changes[this.#first++] as LoggedChange;
    const ofRecord = this.#byRecord.get(oldest.key);
    ofRecord?.shift();
    if (ofRecord?.length === 0) this.#byRecord.delete(oldest.key);
    this.#bytes -= sizeOf(oldest);
    this.#forgotten = oldest;
    this.forgottenUntil = Math.max(this.forgottenUntil, oldest.notAfter);
    if (this.#first * 2 < this.#changes.length) return;
    this.#changes = this.#changes.slice(this.#first);
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
    return !isBefore(position, this.#forgotten) && !isBefore(this.#last, position);
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

/** Whether a position is before another. */
export const isBefore = (position: LogPosition, other: LogPosition): boolean =>
  position.seq < other.seq || (position.seq === other.seq && position.n < other.n);

const sizeOf = ({ before, after }: Change): number =>
  CHANGE_SIZE + 2 * ((before?.length ?? 0) + (after?.length ?? 0));
