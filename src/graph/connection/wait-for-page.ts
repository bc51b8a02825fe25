import { type GraphQLResolveInfo, isObjectType } from "graphql";
import { type CachedRecord, DETAIL, type Kind, kindDefinitions, type Level } from "../../catalog/index.ts";
import { collectFields } from "../execution/collect-fields.ts";
import { allPromisesOrValues, mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { pageNodes, selectedLevel } from "../resolver/required-level.ts";
import { type ConnectionName, typeNameOf } from "../spec/connection-spec.ts";

/** Fewer rows may wait by themselves. */
const MANY = 256;

/**
 * Waits for the warm-up, while it runs, before a page is shown of which it has to read much: the records themselves,
 * those that refer to them, and then those to which they refer. Otherwise each field of each row would wait for it:
 * that fills the memory, and thousands of fields are resumed in one turn.
 */
export function waitForPage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  name: ConnectionName,
  page: readonly CachedRecord[],
  selectedLevelOf: (kind: Kind) => Level,
): PromiseOrValue<void> {
  const { operation, settings } = context;
  const { warmUpWait } = context.catalog;
  if (page.length < MANY || warmUpWait.isOver) return undefined;
  const nodes = pageNodes(info, typeNameOf(name));
  const parts = context.connectionSpec(name).kinds.map((kind) => {
    const type = info.schema.getType(kindDefinitions[kind].typeName);
    return {
      kind,
      records: page.filter((cached) => cached.kind === kind),
      selected: isObjectType(type) ? collectFields(info, type, nodes) : [],
    };
  });
  const own = parts.flatMap(({ kind, records, selected }) => [
    selectedLevelOf(kind) === DETAIL ? warmUpWait.forDetails(operation, records) : undefined,
    ...selected.map(({ definition }) => {
      const inverse = kindDefinitions[kind].inverses[definition.name];
      return inverse && warmUpWait.forKind(operation, inverse.kind);
    }),
  ]);
  const referred = () =>
    parts.flatMap(({ kind, records, selected }) =>
      selected.map(({ definition, nodes: fieldNodes }) => {
        const relation = kindDefinitions[kind].relations[definition.name];
        if (!relation) return undefined;
        const level = selectedLevel({ ...info, fieldNodes }, relation.to, settings.requiredFields);
        return level === DETAIL ? warmUpWait.forReferred(operation, records, relation) : undefined;
      }),
    );
  return mapPromiseOrValue(allPromisesOrValues(own), () => allPromisesOrValues(referred()));
}
