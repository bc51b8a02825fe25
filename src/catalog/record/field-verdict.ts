import { hash } from "node:crypto";
import { type Kind, storedAs } from "../../alma/index.ts";

/**
 * The verdict on a field that Alma accepted but shows with another value. It depends on what the record shows after the
 * value was sent once, and after it was sent again. For the name "Flat 7", where "Flat 6" was before:
 *
 * | verdict | Alma shows | meaning |
 * | --- | --- | --- |
 * | changed | "FLAT 7", once | unclear: Alma may have changed the value, or someone else wrote it |
 * | derived | "FLAT 7", again | Alma makes "FLAT 7" of "Flat 7": they count as equal |
 * | unchanged | "Flat 6", once | unclear: the change may have been lost |
 * | ignored | "Flat 6", again | Alma does not store this value |
 */
type Verdict = "changed" | "derived" | "unchanged" | "ignored";

/** A record with verdicts on its fields. */
interface RecordWithVerdicts {
  readonly kind: Kind;
  readonly verdicts: Verdicts | undefined;
  setVerdicts(verdicts: Verdicts): void;
}

/**
 * Verdicts by field, each with a digest of the sent value (as Alma stores it) and the shown value, for which it holds.
 * The values themselves may be long or secret, so they are not stored.
 */
export type Verdicts = Readonly<Record<string, readonly [digest: string, Verdict]>>;

const digestOf = ({ kind }: RecordWithVerdicts, field: string, sent: unknown, shown: unknown) =>
  hash("sha256", JSON.stringify([storedAs(kind, field, sent), shown ?? null]), "base64");

/** Returns the verdict on a sent and a shown value; undefined if these two have not met before. */
export function verdictOn(
  record: RecordWithVerdicts,
  field: string,
  sent: unknown,
  shown: unknown,
): Verdict | undefined {
  const [digest, verdict] = record.verdicts?.[field] ?? [];
  return digest === digestOf(record, field, sent, shown) ? verdict : undefined;
}

/** Records the value that Alma shows after it accepted another. `isNew`: whether it showed a third value before. */
export function recordVerdict(
  record: RecordWithVerdicts,
  field: string,
  sent: unknown,
  shown: unknown,
  isNew: boolean,
): Verdict {
  const known = verdictOn(record, field, sent, shown);
  const isDerived = known === "changed" || known === "derived";
  const verdict = known === undefined ? (isNew ? "changed" : "unchanged") : isDerived ? "derived" : "ignored";
  record.setVerdicts({ ...record.verdicts, [field]: [digestOf(record, field, sent, shown), verdict] });
  return verdict;
}

/** Deletes the verdict on a field that is shown as sent. */
export function deleteVerdict(record: RecordWithVerdicts, field: string): void {
  if (!record.verdicts?.[field]) return;
  const { [field]: _, ...others } = record.verdicts;
  record.setVerdicts(others);
}
