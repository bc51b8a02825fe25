import {
  type CachedRecord,
  type FailedReads,
  type Kind,
  NEVER,
  type ReadRequest,
  SUMMARY,
} from "../../catalog/index.ts";
import { loadAll } from "../member/load-all.ts";
import type { Steps } from "../metering/meter.ts";
import { mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";

/** The fields by which records are ordered where others refer to them, the first one counting most. */
export function labelFields(kind: Kind): readonly string[] {
  return kind === "client" ? ["lastName", "firstName"] : ["name"];
}

/** What some records are ordered by, in the order of their ids; the oldest reading behind it; and what failed. */
interface Labels {
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
  const look = () => context.limits.run("the names of groups", labelSteps(kind, ids, find, cutoff));
  const note = (labels: Labels) => {
    if (Number.isFinite(labels.asOf)) operation.noteReading(labels.asOf, cutoff);
    return labels;
  };
  return mapPromiseOrValue(look(), ({ missing, ...known }) => {
    if (missing.length === 0) return note({ ...known, failedReads: [] });
    const reads = loadAll(context, missing, (record) => context.load({ record, level: SUMMARY, cutoff }));
    return reads.then((failedReads) =>
      mapPromiseOrValue(look(), ({ names, asOf }) => note({ names, asOf, failedReads })),
    );
  });
}

/** So many records are looked at between two places where others may have their turn. */
const STRIDE = 512;

/** The names of records, as far as they are known, and the records of which they have to be read. */
function* labelSteps(
  kind: Kind,
  ids: readonly number[],
  find: (id: number) => CachedRecord | undefined,
  cutoff: number,
): Steps<Omit<Labels, "failedReads"> & { readonly missing: readonly ReadRequest["record"][] }> {
  const fields = labelFields(kind);
  const missing: ReadRequest["record"][] = [];
  const names: (string | null)[][] = [];
  let asOf = Number.POSITIVE_INFINITY;
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
