import type { AlmaError } from "../../alma/index.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Table } from "../store/table.ts";

/** Records of which too little is known to decide whether they belong to a result, each with the reason. */
export type FailedReads = readonly { readonly record: CachedRecord; readonly error: AlmaError }[];

/** The failed reads of one kind, by the record that each record referred to when it was last read. */
export function placeFailedReads({ kind, relationIndex }: Table, relation: string, failedReads: FailedReads) {
  const byParent = new Map<number, FailedReads[number][]>();
  const unplaced: FailedReads[number][] = [];
  for (const failedRead of failedReads) {
    const { record } = failedRead;
    const parent = record.kind === kind ? relationIndex.lastParent(relation, record) : undefined;
    if (parent === undefined) unplaced.push(failedRead);
    if (parent == null) continue;
    const siblings = byParent.get(parent);
    if (siblings) siblings.push(failedRead);
    else byParent.set(parent, [failedRead]);
  }
  return {
    /** The records of which it is not known to what they refer, as they were never read. They may belong anywhere. */
    unplaced,
    /** The records that referred to any of these parents. */
    under: (parents: readonly number[]): FailedReads =>
      parents.flatMap((parent) => byParent.get(parent) ?? []),
  };
}
