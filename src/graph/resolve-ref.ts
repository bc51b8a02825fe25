import { type Entry, EXISTS, facts, type Kind, kinds } from "../catalog/index.ts";
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
export function lookUp(
  context: GraphContext,
  externalId: string,
  types: readonly string[],
): Promise<Entry | undefined> {
  const { catalog, work } = context;
  const [type] = types;
  return type !== undefined && types.length === 1
    ? catalog.lookup(work, kindOf(type), externalId, work.named)
    : catalog.rentalObject(work, externalId, work.named);
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

/** Turns the refs of a filter into Alma ids, so that rows can be tested. One that names nothing stays without. */
export function resolveRefs(context: GraphContext, refs: readonly RefAsk[]): Later<void> {
  return all(
    refs.map((ask) => {
      return after(idOf(context, ask), (id) => {
        ask.id = id;
      });
    }),
  );
}

function idOf(context: GraphContext, { ref, types }: RefAsk): Later<number | null> {
  if ("externalId" in ref) return lookUp(context, ref.externalId, types).then((entry) => entry?.id ?? null);
  return after(isOfType(context, types, ref.id), (fits) => (fits ? ref.id : null));
}
