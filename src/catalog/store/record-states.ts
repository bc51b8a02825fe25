import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL, NEVER } from "../record/source.ts";
import { createOldestFirst } from "./oldest-first.ts";

/** The records of one kind that a list names, or those that only other records name, by what may be served of them. */
export class RecordStates {
  /** Records of which no detail may be served: never read, superseded, invalidated, or not readable. */
  readonly unread = new Set<CachedRecord>();
  /** Records that Alma has answered that it does not have. */
  readonly gone = new Set<CachedRecord>();
  /** Records with a field that could not be decoded. */
  readonly faulty = new Set<CachedRecord>();
  /** All others, by when their details were read: those that are not closed, and those that are. */
  readonly live = createOldestFirst();
  readonly closed = createOldestFirst();

  get size(): number {
    return this.unread.size + this.gone.size + this.live.size + this.closed.size;
  }

  /** Puts a record where it belongs now. */
  update(cached: CachedRecord): void {
    const isGone = cached.isGone(NEVER);
    const readAt = cached.asOf(DETAIL);
    const isRead = !isGone && readAt !== NEVER;
    toggle(this.gone, cached, isGone);
    toggle(this.unread, cached, !isGone && !isRead);
    toggle(this.faulty, cached, cached.fieldErrors !== undefined);
    const [own, other] = cached.isClosed ? [this.closed, this.live] : [this.live, this.closed];
    other.delete(cached);
    if (isRead) own.set(cached, readAt);
    else own.delete(cached);
  }

  delete(cached: CachedRecord): void {
    this.unread.delete(cached);
    this.gone.delete(cached);
    this.faulty.delete(cached);
    this.live.delete(cached);
    this.closed.delete(cached);
  }

  /** All of them, in no order. */
  get all(): readonly CachedRecord[] {
    const now = Number.POSITIVE_INFINITY;
    return [...this.unread, ...this.gone, ...this.live.upTo(now), ...this.closed.upTo(now)];
  }

  /** The records that are not gone, and of which no detail from after `cutoff` may be served; another one if closed. */
  notReadSince(cutoff: number, closedCutoff = cutoff): readonly CachedRecord[] {
    return [...this.unread, ...this.live.upTo(cutoff), ...this.closed.upTo(closedCutoff)];
  }

  /** When the oldest detail of a record that is not closed, or answer that there is none, was read; or Infinity. */
  oldestLiveAnswerAt(): number {
    let oldest = this.live.firstAt;
    for (const { goneAt } of this.gone) if (goneAt < oldest) oldest = goneAt;
    return oldest;
  }
}

/** Adds a member to a set, or takes it out. */
export function toggle<T>(set: Set<T>, member: T, isMember: boolean): void {
  if (isMember) set.add(member);
  else set.delete(member);
}
