import type { Ref } from "../alma/index.ts";
import { type Entry, facts, type Kind, kinds } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { RefAsk } from "./filter.ts";
import { all, type Later } from "./later.ts";

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

/** Turns the refs of a filter into Alma ids, so that rows can be tested. One that names nothing stays without. */
export function resolveRefs(context: GraphContext, refs: readonly RefAsk[]): Later<void> {
  return all(
    refs.map((ask) => {
      const ref: Ref = ask.ref;
      if ("id" in ref) {
        ask.id = ref.id;
        return undefined;
      }
      return lookUp(context, ref.externalId, ask.types).then((entry) => {
        ask.id = entry?.id ?? null;
      });
    }),
  );
}
