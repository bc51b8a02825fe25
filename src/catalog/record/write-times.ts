import { NEVER } from "./source.ts";

/**
 * When the last writes ended that may have changed a record, by what they may have changed.
 *
 * **The rule of time.** A reading counts from when its call was *sent*, a write from when it *ended*, both by one
 * strictly increasing clock. A value may be served only if it was read after the last write that may have changed it
 * (`readAt > invalidatedAt`; a tie is stale). So it does not matter in which order the answers to a write and to a
 * read in flight arrive.
 */
export interface WriteTimes {
  /** Any of its fields. */
  invalidatedAt: number;
  /** Fields that its list does not show. */
  detailInvalidatedAt: number;
  /** To which records it refers. */
  relationsInvalidatedAt: number;
}

/** Their names. */
export const writeTimes = ["invalidatedAt", "detailInvalidatedAt", "relationsInvalidatedAt"] as const;

/** What a write may have changed. */
export interface WriteScope {
  /** Whether fields that a list shows may have changed too. */
  readonly changesList: boolean;
  /** Whether the records that it refers to may have changed too. */
  readonly changesRelations: boolean;
}

/** Notes that a write of this scope ended at `at`. */
export function markInvalidated(
  times: WriteTimes,
  at: number,
  { changesList, changesRelations }: WriteScope,
): void {
  const time = changesList ? "invalidatedAt" : "detailInvalidatedAt";
  times[time] = Math.max(times[time], at);
  if (changesRelations) times.relationsInvalidatedAt = Math.max(times.relationsInvalidatedAt, at);
}

/** Replaces each time by the time in `others`, if that is later; there, one that is left out is NEVER. */
export function keepLatest(times: WriteTimes, others: Partial<WriteTimes>): void {
  for (const time of writeTimes) times[time] = Math.max(times[time], others[time] ?? NEVER);
}
