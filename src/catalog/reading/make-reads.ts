import type { Operation } from "../operation/operation.ts";
import type { PlannedRead } from "../operation/read-plan.ts";
import { nameOf, type Purpose, readReason } from "../operation/read-reason.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Store } from "../store/store.ts";

/** What the reads of operations need. */
export interface ReadTools {
  readonly store: Store;
  readonly reader: Reader;
}

/**
 * Makes planned reads at once. Reads under way are joined, and cost nothing. An operation that is only explained notes
 * the calls and makes none. Throws CALL_BUDGET_EXCEEDED before any call if they are too many, or `stopReason`.
 */
export async function makeReads(
  tools: ReadTools,
  operation: Operation,
  reads: readonly PlannedRead[],
  purpose: Purpose,
): Promise<void> {
  const { reader } = tools;
  const newReads = findNewReads(tools, operation, reads);
  operation.reserveCalls(
    newReads.length,
    newReads.flatMap((read) => ("detail" in read ? [read.detail] : [])),
  );
  const { explanation } = operation;
  if (explanation) for (const read of newReads) noteCall(tools.store, operation, read, purpose);
  if (explanation?.isDry) return explanation.answer();
  const pending = reads.map((read) => {
    const since = operation.failuresSince(read.cutoff);
    return "list" in read
      ? reader.readList(read.list, read.cutoff, since, operation)
      : reader.readDetail(read.detail, read.cutoff, since, operation);
  });
  await operation.waitFor(Promise.all(pending));
}

function findNewReads(
  { store, reader }: ReadTools,
  { explanation }: Operation,
  reads: readonly PlannedRead[],
): readonly PlannedRead[] {
  const newReads = reads.filter((read) => !isUnderWay(reader, read));
  if (!explanation?.isDry) return newReads;
  if (newReads.length < reads.length)
    explanation.doubt("Some of what is needed is being read just now, for others: the query waits for it.");
  if (reader.downFor() !== undefined)
    explanation.doubt("Alma cannot be reached just now: calls may fail without being made.");
  return reads
    .filter((read) => explanation.assumeRead(store, read))
    .filter((read) => newReads.includes(read));
}

function isUnderWay(reader: Reader, read: PlannedRead): boolean {
  return "list" in read ? reader.isReadingList(read.list) : reader.isReadingDetail(read.detail);
}

/** Notes a call in the operation's explanation, and what makes it uncertain which calls follow. */
function noteCall(store: Store, operation: Operation, read: PlannedRead, purpose: Purpose): void {
  const { explanation } = operation;
  const reason = readReason(store, operation, read);
  if ("list" in read) {
    const name = nameOf(read.list);
    explanation?.note({ read: "LIST", kind: read.list, why: `${purpose.list}: ${reason}.` });
    explanation?.doubt(
      `The list of ${name} is read first: which records it names, and what it shows of them.`,
    );
    return;
  }
  const { detail } = read;
  explanation?.note({
    read: "DETAIL",
    kind: detail.kind,
    why: `${purpose.detail}: ${reason}.`,
    record: detail,
  });
  if (!detail.hasBeenSeen || detail.goneAt > detail.detailAt)
    explanation?.doubt(
      `Whether Alma has every ${nameOf(detail.kind)} that the query names or leads to is not known.`,
    );
}
