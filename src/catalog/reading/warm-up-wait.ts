import type { Operation } from "../operation/operation.ts";
import type { Readiness } from "../readiness/readiness.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind, Relation } from "../record/kind.ts";
import { DETAIL } from "../record/source.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Store } from "../store/store.ts";
import { isOverBudget } from "./load.ts";

/**
 * Waits for the warm-up, while it runs, before an operation reads what it would wait for anyway. All return undefined
 * if there is nothing to wait for, and throw CATALOG_WARMING when the operation's time is up. `readiness` is
 * undefined if there is no warm-up.
 */
export function createWarmUpWait(store: Store, reader: Reader, readiness: Readiness | undefined) {
  /** For the details of records that a connection shows, if more are missing than the operation may read. */
  function forDetails(operation: Operation, records: readonly CachedRecord[]): Promise<void> | undefined {
    if (records.length <= operation.remainingCalls || operation.explanation?.isDry) return undefined;
    const missing = records.flatMap((detail) => {
      const cutoff = operation.cutoffOf(detail, operation.connectionCutoff);
      return detail.asOf(DETAIL) > cutoff || detail.isGone(cutoff) ? [] : [{ detail, cutoff }];
    });
    if (!isOverBudget(reader, operation, missing)) return undefined;
    return readiness?.waitForRecords(
      missing.map(({ detail }) => detail),
      operation,
    );
  }

  return {
    /** Whether nobody has to wait. */
    get isOver(): boolean {
      return readiness?.progress().warm ?? true;
    },

    /** For all records of a kind. */
    forKind(operation: Operation, kind: Kind): Promise<void> | undefined {
      return operation.explanation?.isDry ? undefined : readiness?.waitForKind(kind, operation);
    },
    forDetails,

    /** As `forDetails`, for the records to which these refer, as far as is known. */
    forReferred(
      operation: Operation,
      records: readonly CachedRecord[],
      { to, idOf }: Relation,
    ): Promise<void> | undefined {
      const referred = new Set<CachedRecord>();
      for (const { value } of records) {
        const id = idOf(value);
        if (id == null) continue;
        const record = to.length === 1 ? store.tables[to[0]].get(id) : store.findRentalObject(id);
        if (record) referred.add(record);
      }
      return forDetails(operation, [...referred]);
    },
  };
}

export type WarmUpWait = ReturnType<typeof createWarmUpWait>;
