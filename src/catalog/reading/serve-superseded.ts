import type { Operation } from "../operation/operation.ts";
import type { DetailRead } from "../operation/read-plan.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import { NEVER } from "../record/source.ts";
import type { Reader } from "../shared-read/reader.ts";

/** Whether reading these details takes more calls than an operation may still make. Reads under way take none. */
export function isOverBudget(reader: Reader, operation: Operation, reads: readonly DetailRead[]): boolean {
  const newReads = reads.filter(({ detail }) => !reader.isReadingDetail(detail));
  return newReads.length > operation.remainingCalls;
}

/**
 * If details are too many to read, serves the superseded ones until background work reads them again, so that no query
 * fails because the refresh has fallen behind. Only reads that accept data of any age (cut-off NEVER) can be left out.
 * Returns the records whose superseded details are served. An operation that is only explained changes none of them.
 */
export function serveSuperseded(
  { explanation }: Operation,
  reads: readonly DetailRead[],
): ReadonlySet<CachedRecord> {
  const ofAnyAge = reads.filter(({ cutoff }) => cutoff === NEVER).map(({ detail }) => detail);
  const isServed = (cached: CachedRecord) =>
    explanation?.isDry ? cached.canServeSuperseded : cached.serveSuperseded();
  return new Set(ofAnyAge.filter(isServed));
}
