import type { Recorder } from "./recorder.ts";

/**
 * What has changed about a record: its *content* (what an answer may show of it, or whether an answer may show it
 * without a call); the same of a record that Alma has never shown and that none refers to, so that only an answer that
 * asked for it rests on it (*unseen*); only when it was read (*reading*); or only when another record last showed it as
 * before (*mention*).
 */
export type RecordChange = "content" | "unseen" | "reading" | "mention";

/** Is told of every change of a record of a kind, after it. One reading or write may be told several times. */
export interface RecordObserver<R> {
  /** Is told what readings show to have changed in Alma. */
  readonly recorder: Recorder | undefined;
  noteChange(cached: R, change: RecordChange): void;
}
