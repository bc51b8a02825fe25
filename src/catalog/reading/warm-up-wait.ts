import type { Operation } from "../operation/operation.ts";
import type { Readiness } from "../readiness/readiness.ts";
import type { CachedRecord } from "../record/cached-record.ts";
import type { Kind, Relation } from "../record/kind.ts";
import { DETAIL } from "../record/servable.ts";
import type { Reader } from "../shared-read/reader.ts";
import type { Store } from "../store/store.ts";
import { isOverBudget } from "./serve-superseded.ts";

/**
 * Waits for the warm-up, while it runs, before an operation reads what it would wait for anyway. All return undefined
 * if there is nothing to wait for, and throw CATALOG_WARMING when the operation's time is up.
 */
export class WarmUpWait {
  readonly #store: Store;
  readonly #reader: Reader;
  readonly #readiness: Readiness | undefined;

  /** `readiness`: undefined if there is no warm-up. */
  constructor(store: Store, reader: Reader, readiness: Readiness | undefined) {
    this.#store = store;
    this.#reader = reader;
    this.#readiness = readiness;
  }

  /** Whether nobody has to wait. */
  get isOver(): boolean {
    return this.#readiness?.progress().warm ?? true;
  }

  /** For all records of a kind. */
  forKind(operation: Operation, kind: Kind): Promise<void> | undefined {
    return operation.explanation?.isDry ? undefined : this.#readiness?.waitForKind(kind, operation);
  }

  /** For the details of records that a connection shows, if more are missing than the operation may read. */
  forDetails(operation: Operation, records: readonly CachedRecord[]): Promise<void> | undefined {
    if (records.length <= operation.remainingCalls || operation.explanation?.isDry) return undefined;
    const missing = records.flatMap((detail) => {
      const cutoff = operation.cutoffOf(detail.kind, operation.connectionCutoff);
      return detail.asOf(DETAIL) > cutoff || detail.isGone(cutoff) ? [] : [{ detail, cutoff }];
    });
    if (!isOverBudget(this.#reader, operation, missing)) return undefined;
    return this.#readiness?.waitForRecords(
      missing.map(({ detail }) => detail),
      operation,
    );
  }

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
      const record = to.length === 1 ? this.#store.tables[to[0]].get(id) : this.#store.findRentalObject(id);
      if (record) referred.add(record);
    }
    return this.forDetails(operation, [...referred]);
  }
}
