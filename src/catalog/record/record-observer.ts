/**
 * What has changed about a record: its *content* (what an answer may show of it, or whether an answer may show it
 * without a call), or only when it was read.
 */
export type RecordChange = "content" | "reading";

/** Is told of every change of a record of a kind, after it. One reading or write may be told several times. */
export interface RecordObserver<R> {
  noteChange(cached: R, change: RecordChange): void;
  /** Told before a record is evicted, while it has its slot. */
  noteEviction(cached: R): void;
}

/** Gathers changed records, and settles what follows from the changes (see `StateKeeper`). */
export interface Changes<R> {
  readonly noteChange: (cached: R) => void;
  readonly settle: () => void;
}
