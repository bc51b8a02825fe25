import type { CachedRecord } from "../record/cached-record.ts";
import { DETAIL } from "../record/servable.ts";
import { NEVER } from "../record/source.ts";
import { createOldestFirst } from "./oldest-first.ts";

/** The records of one kind that a list names, or those that only other records name, by what may be served of them. */
export class RecordStates {
  /** Records of which no detail may be served: never read, superseded, invalidated, or not readable. */
  readonly unread = new Set<CachedRecord>();
  /** Records that Alma has answered that it does not have. */
  readonly gone = new Set<CachedRecord>();
  /** Records with a field that could not be decoded. */
  readonly faulty = new Set<CachedRecord>();
  /** All others, by when their details were read. */
  readonly read = createOldestFirst();

  get size(): number {
    return this.unread.size + this.gone.size + this.read.size;
  }

  /** Puts a record where it belongs now. */
  update(cached: CachedRecord): void {
    const isGone = cached.isGone(NEVER);
    const readAt = cached.asOf(DETAIL);
    const isRead = !isGone && readAt !== NEVER;
    toggle(this.gone, cached, isGone);
    toggle(this.unread, cached, !isGone && !isRead);
    toggle(this.faulty, cached, cached.fieldErrors !== undefined);
    if (isRead) this.read.set(cached, readAt);
    else this.read.delete(cached);
  }

  delete(cached: CachedRecord): void {
    this.unread.delete(cached);
    this.gone.delete(cached);
    this.faulty.delete(cached);
    this.read.delete(cached);
  }

  /** All of them, in no order. */
  get all(): readonly CachedRecord[] {
    return [...this.unread, ...this.gone, ...this.read.upTo(Number.POSITIVE_INFINITY)];
  }

  /** The records that are not gone, and of which no detail from after `cutoff` may be served. */
  notReadSince(cutoff: number): readonly CachedRecord[] {
    return [...this.unread, ...this.read.upTo(cutoff)];
  }

  /** When the oldest detail, or answer that there is no such record, was read; Infinity if there is none. */
  oldestAnswerAt(): number {
    let oldest = this.read.firstAt;
    for (const { goneAt } of this.gone) if (goneAt < oldest) oldest = goneAt;
    return oldest;
  }
}

/** Adds a member to a set, or takes it out. */
export function toggle<T>(set: Set<T>, member: T, isMember: boolean): void {
  if (isMember) set.add(member);
  else set.delete(member);
}
