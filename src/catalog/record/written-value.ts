import { hash } from "node:crypto";
import { type Kind, storedAs } from "../../alma/index.ts";

/**
 * What Alma showed after it had accepted a value that it does not show as sent. "other": another value than before,
 * which may be somebody else's. "taken": that value again, after the same value was sent again, so that Alma made it.
 * "unclear": the value from before. "not-taken": so for the second time.
 */
type Verdict = "other" | "taken" | "unclear" | "not-taken";

/** A record on which these verdicts are noted. */
interface WrittenRecord {
  readonly kind: Kind;
  readonly written: WrittenValues | undefined;
  setWritten(written: WrittenValues): void;
}

/**
 * By field, a digest of what Alma makes of the value that was sent and of the one that is shown, and the verdict on
 * these. Values may be long, or secret, and are not kept.
 */
export type WrittenValues = Readonly<Record<string, readonly [digest: string, Verdict]>>;

const digestOf = ({ kind }: WrittenRecord, field: string, sent: unknown, shown: unknown): string =>
  hash("sha256", JSON.stringify([storedAs(kind, field, sent), shown ?? null]), "base64");

/** The verdict on a value, where a record shows another; undefined if that value was not sent, or has changed since. */
export function verdictOn(
  record: WrittenRecord,
  field: string,
  sent: unknown,
  shown: unknown,
): Verdict | undefined {
  const [digest, verdict] = record.written?.[field] ?? [];
  return digest === digestOf(record, field, sent, shown) ? verdict : undefined;
}

/** Notes what a record shows after Alma has accepted a value; `isOther`: whether it showed something else before. */
export function noteWritten(
  record: WrittenRecord,
  field: string,
  sent: unknown,
  shown: unknown,
  isOther: boolean,
): Verdict {
  const known = verdictOn(record, field, sent, shown);
  const isTaken = known === "other" || known === "taken";
  const verdict = known === undefined ? (isOther ? "other" : "unclear") : isTaken ? "taken" : "not-taken";
  record.setWritten({ ...record.written, [field]: [digestOf(record, field, sent, shown), verdict] });
  return verdict;
}

/** Notes that a record shows a field as it was sent. */
export function forgetWritten(record: WrittenRecord, field: string): void {
  if (!record.written?.[field]) return;
  const { [field]: _, ...others } = record.written;
  record.setWritten(others);
}
