import { type CachedRecord, DETAIL, EXISTS, type Level, SUMMARY } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Reads the records that were last read before the cut-off. Returns all records but those that are gone. */
export async function rereadRecords(
  context: GraphContext,
  rows: readonly CachedRecord[],
  level: Level,
  decidingFields: readonly string[],
): Promise<CachedRecord[]> {
  const cutoff = context.operation.connectionCutoff;
  // A list says that its records exist, and shows some of their fields.
  const isShownByList = (cached: CachedRecord) =>
    level !== DETAIL &&
    cached.asOf(EXISTS) > cutoff &&
    decidingFields.every((field) => cached.asOf(SUMMARY, field) > cutoff) &&
    !cached.isGone(cutoff);
  const request = { level: Math.max(level, SUMMARY) as Level, cutoff };
  const results = await Promise.allSettled(
    rows.map((record) => (isShownByList(record) ? record : context.load({ record, ...request }))),
  );
  return rows.filter((_, index) => {
    const result = results[index];
    return result?.status === "rejected" || result?.value !== undefined;
  });
}
