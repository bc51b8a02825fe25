import { type Entry, EXISTS, type Found, facts, type Kind, kinds } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { RefAsk } from "./filter.ts";
import { after, all, type Later } from "./later.ts";

/** The kind of a type of the graph. */
export function kindOf(typeName: string): Kind {
  const kind = kinds.find((one) => facts[one].typeName === typeName);
  if (!kind) throw new Error(`There is no kind of records for the type "${typeName}".`);
  return kind;
}

/** The record that Alma itself finds for a Bitrix id: a unit or room by its own rule, others by their kind. */
export async function lookUp(...asked: Parameters<typeof find>): Promise<Entry | undefined> {
  return (await find(...asked)).entry;
}

function find(context: GraphContext, externalId: string, types: readonly string[]): Promise<Found> {
  const { catalog, work } = context;
  const [type] = types;
  return type !== undefined && types.length === 1
    ? catalog.find(work, kindOf(type), externalId, work.named)
    : catalog.findRentalObject(work, externalId, work.named);
}

/**
 * Whether an id is of one of these types, where Alma takes units and rooms alike: they draw their ids from one space,
 * so that it would take the one for the other. It is asked if nobody knows. Throws AlmaError.
 */
export function isOfType(context: GraphContext, types: readonly string[], id: number): Later<boolean> {
  const { catalog, work } = context;
  const { store } = catalog;
  const known = store.rentalObject(id);
  if (known) return types.includes(facts[known.kind].typeName);
  const loads = types.map((type) =>
    context.load({ record: store.entry(kindOf(type), id), level: EXISTS, cutoff: work.named }),
  );
  return Promise.all(loads).then((found) => found.some((entry) => entry !== undefined));
}

/**
 * Turns the refs of a filter into Alma ids, so that rows can be tested. One that names nothing stays without. Gives the
 * time of the oldest lookup.
 */
export function resolveRefs(context: GraphContext, refs: readonly RefAsk[]): Later<number> {
  let asOf = Number.POSITIVE_INFINITY;
  const named = refs.map((ask) =>
    after(idOf(context, ask), ({ id, at }) => {
      ask.id = id;
      asOf = Math.min(asOf, at);
    }),
  );
  return after(all(named), () => asOf);
}

function idOf(context: GraphContext, { ref, types }: RefAsk): Later<{ id: number | null; at: number }> {
  if ("externalId" in ref)
    return find(context, ref.externalId, types).then(({ at, entry }) => ({ id: entry?.id ?? null, at }));
  // Of which kind an id is never changes.
  const at = Number.POSITIVE_INFINITY;
  return after(isOfType(context, types, ref.id), (fits) => ({ id: fits ? ref.id : null, at }));
}
