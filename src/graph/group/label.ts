import { type FailedReads, type Kind, NEVER, type ReadRequest, SUMMARY } from "../../catalog/index.ts";
import { loadAll } from "../member/partial-data.ts";
import { mapPromiseOrValue } from "../metering/promise-or-value.ts";
import { STRIDE } from "../metering/steps.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Returns the fields by which related records are ordered, the most significant first. */
export function labelFields(kind: Kind): readonly string[] {
  return kind === "client" ? ["lastName", "firstName"] : ["name"];
}

/**
 * Reads the names of records in the order of their ids, with the oldest reading and the failed reads. Rejects
 * with AlmaError if the operation has ended.
 */
export function readLabels(context: GraphContext, kinds: readonly [Kind, ...Kind[]], ids: readonly number[]) {
  const { catalog, operation } = context;
  const [kind] = kinds;
  const cutoff = operation.cutoffOf({ isClosed: false }, operation.indexCutoff);
  for (const noted of kinds) operation.basis.noteKind(noted);
  const fields = labelFields(kind);
  const find = (id: number) =>
    kinds.length === 1 ? catalog.store.getOrCreate(kind, id) : catalog.store.findRentalObject(id);

  /** Collects the names already known, and the records still to read. */
  function* labelSteps() {
    const missing: ReadRequest["record"][] = [];
    const names: (string | null)[][] = [];
    let asOf = Infinity;
    for (const id of ids) {
      const cached = find(id);
      const shownAt = Math.min(...fields.map((field) => cached?.asOf(SUMMARY, field) ?? NEVER));
      if (cached?.isGone(cutoff)) asOf = Math.min(asOf, cached.goneAt);
      else if (shownAt > cutoff) asOf = Math.min(asOf, shownAt);
      else missing.push(cached ?? { rentalObject: id });
      names.push(fields.map((field) => (cached?.value[field] ?? null) as string | null));
      if (names.length % STRIDE === 0) yield;
    }
    return { names, asOf, missing };
  }

  const readNames = () => context.limits.run("the names of groups", labelSteps());
  const note = (names: readonly (string | null)[][], asOf: number, failedReads: FailedReads) => {
    if (Number.isFinite(asOf)) operation.noteReading(asOf, cutoff);
    return { names, asOf, failedReads };
  };
  return mapPromiseOrValue(readNames(), ({ missing, names, asOf }) => {
    if (missing.length === 0) return note(names, asOf, []);
    const reads = loadAll(context, missing, (record) => context.load({ record, level: SUMMARY, cutoff }));
    return reads.then((failedReads) =>
      mapPromiseOrValue(readNames(), (known) => note(known.names, known.asOf, failedReads)),
    );
  });
}
