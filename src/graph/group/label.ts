import { AlmaError } from "../../alma/index.ts";
import {
  type CachedRecord,
  type FailedReads,
  type Kind,
  type ReadRequest,
  SUMMARY,
} from "../../catalog/index.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";

/** The fields by which records are ordered where others refer to them, the first one counting most. */
export function labelFields(kind: Kind): readonly string[] {
  return kind === "client" ? ["lastName", "firstName"] : ["name"];
}

/** What some records are ordered by, in the order of their ids; the oldest reading behind it; and what failed. */
export interface Labels {
  readonly names: readonly (readonly (string | null)[])[];
  readonly asOf: number;
  readonly failedReads: FailedReads;
}

/** Reads the names of records of these kinds, all together. Rejects with AlmaError if the operation has ended. */
export function readLabels(
  context: GraphContext,
  kinds: readonly [Kind, ...Kind[]],
  ids: readonly number[],
): PromiseOrValue<Labels> {
  const { catalog, operation } = context;
  const [kind] = kinds;
  const cutoff = operation.cutoffOf(kind, operation.indexCutoff);
  for (const noted of kinds) operation.basis.noteKind(noted);
  const find = (id: number) =>
    kinds.length === 1 ? catalog.store.getOrCreate(kind, id) : catalog.store.findRentalObject(id);
  const missing: ReadRequest["record"][] = [];
  for (const id of ids) {
    const cached = find(id);
    if (!cached || !(shownAt(cached) > cutoff || cached.isGone(cutoff)))
      missing.push(cached ?? { rentalObject: id });
  }
  const outcomes = missing.length === 0 ? [] : loadAll(context, missing, cutoff);
  return mapPromiseOrValue(outcomes, (failedReads) => {
    let asOf = Number.POSITIVE_INFINITY;
    const names = ids.map((id) => {
      const cached = find(id);
      if (cached) asOf = Math.min(asOf, cached.isGone(cutoff) ? cached.goneAt : shownAt(cached));
      return labelFields(kind).map((field) => (cached?.value[field] ?? null) as string | null);
    });
    if (Number.isFinite(asOf)) operation.noteReading(asOf, cutoff);
    return { names, asOf, failedReads };
  });
}

/** When the names of a record were read. */
function shownAt(cached: CachedRecord): number {
  return Math.min(...labelFields(cached.kind).map((field) => cached.asOf(SUMMARY, field)));
}

async function loadAll(
  context: GraphContext,
  missing: readonly ReadRequest["record"][],
  cutoff: number,
): Promise<FailedReads> {
  const results = await Promise.allSettled(
    missing.map((record) => context.load({ record, level: SUMMARY, cutoff })),
  );
  context.operation.throwIfStopped();
  return results.flatMap((result, index) => {
    if (result.status === "fulfilled") return [];
    if (!(result.reason instanceof AlmaError)) throw result.reason;
    const record = missing[index] as ReadRequest["record"];
    const cached =
      "rentalObject" in record ? context.catalog.store.findUnlistedObject(record.rentalObject) : record;
    return [{ record: cached, error: result.reason }];
  });
}
