import { AlmaError } from "../../alma/index.ts";
import type { FailedReads, ReadRequest } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Reads records side by side, and says which could not be read. Throws AlmaError if the operation was stopped. */
export async function loadAll<R extends ReadRequest["record"]>(
  { catalog, operation }: GraphContext,
  records: readonly R[],
  load: (record: R) => Promise<unknown>,
): Promise<FailedReads> {
  const results = await Promise.allSettled(records.map(load));
  operation.throwIfStopped();
  return records.flatMap((record: ReadRequest["record"], index) => {
    const result = results[index];
    if (result?.status !== "rejected") return [];
    if (!(result.reason instanceof AlmaError)) throw result.reason;
    const failed = "rentalObject" in record ? catalog.store.findUnlistedObject(record.rentalObject) : record;
    return [{ record: failed, error: result.reason }];
  });
}
