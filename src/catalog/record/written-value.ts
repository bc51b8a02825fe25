import { hash } from "node:crypto";
import { type Kind, storedAs } from "../../alma/index.ts";

/**
 * How to interpret the value that Alma shows after it accepted another value. "other": a new value, perhaps written by
 * someone else. "taken": the same new value again after sending again, so Alma derives it. "unclear": the value from
 * before the write. "not-taken": the value from before, for the second time.
 */
type Verdict = "other" | "taken" | "unclear" | "not-taken";

/** A record with verdicts on its fields. */
interface WrittenRecord {
  readonly kind: Kind;
  readonly written: WrittenValues | undefined;
  setWritten(written: WrittenValues): void;
}

/**
 * By field, digests of the sent value as Alma stores it and of the shown value, with the verdict. The values themselves
 * may be long or secret, so they are not stored.
 */
export type WrittenValues = Readonly<Record<string, readonly [digest: string, Verdict]>>;

const digestOf = ({ kind }: WrittenRecord, field: string, sent: unknown, shown: unknown) =>
  hash("sha256", JSON.stringify([storedAs(kind, field, sent), shown ?? null]), "base64");

/**
 * Returns the verdict on a value if the record shows another one; undefined if the value was not sent, or the shown
 * value has changed since.
 */
export function verdictOn(
  record: WrittenRecord,
  field: string,
  sent: unknown,
  shown: unknown,
): Verdict | undefined {
  const [digest, verdict] = record.written?.[field] ?? [];
  return digest === digestOf(record, field, sent, shown) ? verdict : undefined;
}

/** Records what Alma shows after accepting a value. `isOther`: whether it showed something else before. */
export function recordVerdict(
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

/** Records that a field is shown as sent. */
export function deleteVerdict(record: WrittenRecord, field: string): void {
  if (!record.written?.[field]) return;
  const { [field]: _, ...others } = record.written;
  record.setWritten(others);
}
