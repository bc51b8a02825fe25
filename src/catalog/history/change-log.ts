import { randomBytes } from "node:crypto";
import { type Change, type ChangeRecorder, isHidden, type ScopeOfField } from "../record/change.ts";
import { type Kind, kinds } from "../record/kind.ts";
import { NEVER } from "../record/source.ts";
import { HistoryBounds } from "./history-bounds.ts";
import {
  type ChangeQuery,
  type Horizons,
  indexAfter,
  isBefore,
  type LoggedChange,
  type LoggedPast,
  type LogPosition,
  type Place,
  type StoredChanges,
  sizeOf,
  withKey,
} from "./logged-change.ts";

/** The most changes with one `seq`. */
const MAX_OF_COMMIT = 500;
/** Bytes by default (HISTORY_MEMORY). */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The changes of all records in the order in which they became known: the last ones in memory, up to a number of bytes;
 * those before in a store, if there is one, and otherwise forgotten.
 */
export class ChangeLog implements ChangeRecorder {
  /** Names this process's part of the log. */
  readonly term = randomBytes(6).toString("base64url");
  /** Raised by every change of what it holds. */
  version = 0;
  forgottenUntil = NEVER;
  scopeOf: ScopeOfField = () => undefined;
  readonly dateOf: (at: number) => number;
  readonly #clock: () => number;
  /** Whether this process reads Alma: others forget no records of their own accord. */
  #isReading = false;
  readonly #maxBytes: number;
  #bytes = 0;
  /** In order; those before `#first` are in memory no longer, nor is any at `#forgotten` or before. */
  #changes: LoggedChange[] = [];
  #first = 0;
  #forgotten: Place = { seq: 0, n: 0 };
  /** Those from here on no store was given, and those from here on none has for certain. */
  #untaken = 0;
  #unstored = 0;
  #lost: LoggedChange | undefined;
  readonly #byRecord = new Map<string, LoggedChange[]>();
  #last: LogPosition = { term: this.term, seq: 0, n: 0 };
  /** The last position that the store has for certain. */
  #lastStored = this.#last;
  /** Whether the next change begins another commit. */
  #isClosed = true;
  #stored: StoredChanges | undefined;
  readonly #bounds: HistoryBounds;

  /** `clock`: the catalog's; it is told of changes from now on. */
  constructor(clock: () => number, maxBytes = MAX_BYTES, dateOf = (at: number) => at) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.dateOf = dateOf;
    this.#bounds = new HistoryBounds({ ...this.#forgotten, since: dateOf(clock()) });
  }

  /** Goes on from what a store has, before anything is added. */
  continue({ seq, horizons, recent, older }: LoggedPast, stored: StoredChanges): void {
    this.#stored = stored;
    this.#bounds.horizons = horizons;
    this.#forgotten = older ?? this.#forgotten;
    this.forgottenUntil = older?.notAfter ?? NEVER;
    for (const change of recent) {
      this.#untaken++;
      this.#unstored++;
      this.#push(withKey(change));
    }
    this.#last = { term: this.term, seq, n: 0 };
    this.#lastStored = this.#last;
  }

  /** This process reads Alma from now on. Without a store, it begins anew where another was told of changes before. */
  begin(hasFollowed: boolean): void {
    this.#isReading = true;
    if (this.#stored || !hasFollowed) return;
    this.#bounds.forgetUntil(this.#last, this.dateOf(this.#clock()));
    this.version++;
  }

  /** Takes it that the store has forgotten what is not after these. */
  forget(horizons: Horizons): void {
    this.#bounds.horizons = { ...horizons, all: this.#bounds.horizons.all };
    this.version++;
  }

  /** Since when no change of these kinds is forgotten, by the wall clock. */
  knownSince(kinds: readonly Kind[]): number {
    return this.#bounds.of(kinds).since;
  }

  /** The position of the last change. */
  get end(): LogPosition {
    return this.#last;
  }

  /** The position of the last change that outlasts this process: of the last one, where there is no store. */
  get durableEnd(): LogPosition {
    return this.#stored ? this.#lastStored : this.#last;
  }

  add(change: Change): void {
    const { term, seq, n } = this.#last;
    const isNext = this.#isClosed || n + 1 === MAX_OF_COMMIT;
    this.#isClosed = false;
    this.#last = isNext ? { term, seq: seq + 1, n: 0 } : { term, seq, n: n + 1 };
    const wall = { notBefore: this.dateOf(change.notBefore), notAfter: this.dateOf(change.notAfter) };
    this.#push({ ...change, ...this.#last, wall });
    this.version++;
  }

  get forgetsAt(): number | undefined {
    return this.#isReading ? this.#clock() : undefined;
  }

  #push(change: LoggedChange): void {
    this.#changes.push(change);
    const known = this.#byRecord.get(change.key);
    if (known) known.push(change);
    else this.#byRecord.set(change.key, [change]);
    this.#bytes += sizeOf(change);
    while (this.#bytes > this.#maxBytes && this.#first < this.#changes.length) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#changes[this.#first++] as LoggedChange;
    this.#untaken = Math.max(this.#untaken, this.#first);
    if (this.#unstored < this.#first) {
      this.#unstored = this.#first;
      this.#lost = oldest;
      this.#bounds.forgetUntil(oldest, oldest.wall.notAfter);
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
    this.#unstored -= this.#first;
    this.#first = 0;
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

  /** Notes that the store has all that it was given. */
  noteStored(): void {
    this.#unstored = this.#untaken;
    const last = this.#changes[this.#unstored - 1];
    if (!last || !isBefore(this.#lastStored, last)) return;
    this.#lastStored = last;
    this.version++;
  }

  /** Notes that the store may have lost the last changes that it was given. */
  noteLoss(): void {
    const last = this.#changes[this.#unstored - 1];
    if (!last) return;
    this.#lost = last;
    this.#bounds.forgetUntil(last, last.wall.notAfter);
  }

  last(key: string, field: string | null): Change | undefined {
    return this.#byRecord.get(key)?.findLast((change) => change.field === field);
  }

  /** Whether every change of these kinds after a position is there, and the position is one that there was. */
  async reaches(position: LogPosition, kinds: readonly Kind[]): Promise<boolean> {
    if (isBefore(position, this.#bounds.of(kinds))) return false;
    if (position.term === this.term) return !isBefore(this.#last, position);
    return (await this.#stored?.hasCommit(position.term, position.seq)) ?? false;
  }

  /** The changes that are sought. Rejects with what the store says. */
  async read(query: ChangeQuery): Promise<readonly LoggedChange[]> {
    const { record, kinds, fields, after, limit } = query;
    const forgotten = this.#forgotten;
    const isSought = (change: LoggedChange) =>
      kinds.includes(change.kind) &&
      !isHidden(change) &&
      (!fields || (change.field !== null && fields.includes(change.field)));
    const older = async (asked: ChangeQuery) =>
      ((await this.#stored?.changes(asked, forgotten)) ?? []).map(withKey);
    if (record) {
      const isOlder = (change: LoggedChange) => (!after || isBefore(change, after)) && isSought(change);
      const own = (this.#byRecord.get(record.key) ?? []).filter(
        (change) => isOlder(change) && this.#bounds.keeps(change),
      );
      const here = own.reverse().slice(0, limit);
      return here.length === limit
        ? here
        : [...here, ...(await older({ ...query, limit: limit - here.length }))];
    }
    const start = after ?? this.#bounds.of(kinds);
    const isInMemory = !isBefore(start, forgotten);
    const here: LoggedChange[] = [];
    for (
      let index = indexAfter(this.#changes, this.#first, start);
      index < this.#changes.length && here.length < limit;
      index++
    ) {
      const change = this.#changes[index] as LoggedChange;
      if (isSought(change)) here.push(change);
    }
    return isInMemory ? here : [...(await older({ ...query, after: start })), ...here].slice(0, limit);
  }

  /** All changes that are remembered before a place, the newest first. Throws what the store says. */
  async *backwards(before: Place): AsyncGenerator<readonly LoggedChange[]> {
    const query = { kinds, isBackwards: true, limit: 4 * MAX_OF_COMMIT } as const;
    for (let until: Place = { ...before, n: before.n - 1 }; ; ) {
      const end = indexAfter(this.#changes, this.#first, until);
      let page = this.#changes.slice(Math.max(this.#first, end - query.limit), end).reverse();
      if (page.length === 0) page = ((await this.#stored?.changes(query, until)) ?? []).map(withKey);
      const oldest = page.at(-1);
      if (!oldest) return;
      yield page;
      until = { seq: oldest.seq, n: oldest.n - 1 };
    }
  }
}
