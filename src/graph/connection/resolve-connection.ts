import { type GraphQLResolveInfo, responsePathAsArray } from "graphql";
import type { CachedRecord, Kind } from "../../catalog/index.ts";
import { encodeCursor } from "../argument/cursor.ts";
import { pageSteps } from "../argument/select-page.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../record/context.ts";
import { requiredPageLevel } from "../record/required-level.ts";
import { applyFilter } from "./apply-filter.ts";
import { type ParentRelation, readCandidates } from "./candidates.ts";
import { getCompiledArguments } from "./compiled-arguments.ts";
import { Connection, type ConnectionArgs } from "./connection.ts";
import { rereadPage } from "./reread-page.ts";

/**
 * Resolves a connection of all records of a kind, or of the records that refer to a parent; at once if nothing has to
 * be read. Throws BAD_USER_INPUT before any call to Alma, and AlmaError if it is not known which records belong.
 */
export function resolveConnection<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: K,
  parentRelation?: ParentRelation,
): PromiseOrValue<Connection<K>> {
  const compiled = getCompiledArguments(context, info, args, kind);
  const { order, pageRequest, isFiltered } = compiled;
  const candidates = readCandidates(context, kind, compiled, parentRelation);
  const pages = mapPromiseOrValue(candidates, ({ members, isUnderParent }) => {
    const matching = applyFilter(context, info, kind, compiled, members, isUnderParent !== undefined);
    return mapPromiseOrValue(matching, (records) =>
      context.limits.run(
        `the order of ${info.fieldName}`,
        pageSteps(records, pageRequest, order, context.catalog.store.tables[kind]),
      ),
    );
  });
  return mapPromisesOrValues([candidates, pages], ({ members, isUnderParent }, page) => {
    const selectedLevel = () =>
      (compiled.selectedLevel ??= requiredPageLevel(info, kind, context.settings.requiredFields));
    const cursorOf = (cached: CachedRecord) => encodeCursor(order, cached);
    const isCutByDefault =
      pageRequest.isDefaultSize && page.hasNextPage && page.rows.length === pageRequest.size;
    const onShown = isCutByDefault ? () => noteCut(context, info) : undefined;
    if (!context.operation.rereadsPages || !(isFiltered || isUnderParent))
      return new Connection<K>(context, page, page.rows, cursorOf, members.asOf, selectedLevel, onShown);
    // Cursors are made before the records are read again: the next page continues where the index cut this one.
    const cursors = new Map(page.rows.map((cached) => [cached, cursorOf(cached)]));
    const rows = rereadPage(context, info, kind, compiled, page.rows, selectedLevel(), isUnderParent);
    return rows.then(
      (shown) =>
        new Connection<K>(
          context,
          page,
          shown,
          (cached) => cursors.get(cached) as string,
          members.asOf,
          selectedLevel,
          onShown,
        ),
    );
  });
}

/** Notes that the default page size has cut a connection: `extensions.alma.cutByDefault` says so. */
function noteCut({ cutByDefault }: GraphContext, { path }: GraphQLResolveInfo): void {
  const names = responsePathAsArray(path).filter((key) => typeof key === "string");
  cutByDefault.add(names.join("."));
}
