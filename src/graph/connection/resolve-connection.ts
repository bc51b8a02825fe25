import type { GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind, Level } from "../../catalog/index.ts";
import type { Page } from "../argument/page.ts";
import { pageSteps } from "../argument/select-page.ts";
import { collectFieldNames } from "../execution/collect-fields.ts";
import type { ParentRelation } from "../member/candidates.ts";
import { type ConnectionArgs, getCompiledArguments } from "../member/compiled-arguments.ts";
import { selectMembers } from "../member/select-members.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { noteCut } from "../resolver/note-cut.ts";
import { requiredPageLevel } from "../resolver/required-level.ts";
import { mergeSelections } from "../scan/selection.ts";
import { type ConnectionName, typeNameOf } from "../spec/connection-spec.ts";
import { Connection } from "./connection.ts";
import { pageBelow } from "./page-below.ts";
import { rereadPage } from "./reread-page.ts";
import { waitForPage } from "./wait-for-page.ts";

/**
 * Resolves a connection of all records of its kinds, or of the records that refer to a parent; at once if nothing has
 * to be read. Throws BAD_USER_INPUT before any call to Alma, and AlmaError if it is not known which records belong.
 */
export function resolveConnection<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  name: K | ConnectionName,
  parentRelation?: ParentRelation,
): PromiseOrValue<Connection<K>> {
  const compiled = getCompiledArguments(context, info, args, name);
  const source = { name, compiled, parentRelation };
  compiled.hasPage ??= selectsPage(info, name);
  if (!compiled.hasPage) return new Connection<K>(context, source);
  const { selections, order, pageRequest, cursorOf } = compiled;
  compiled.selectedLevelOf ??= selectedLevelsOf(context, info, name);
  const { selectedLevelOf } = compiled;
  const onShownOf = (page: Page<CachedRecord>) =>
    pageRequest.isDefaultSize && page.hasNextPage && page.rows.length === pageRequest.size
      ? () => noteCut(context, info)
      : undefined;
  const below =
    parentRelation?.parent !== undefined &&
    pageBelow(context, compiled, parentRelation.relation, parentRelation.parent);
  if (below) {
    const { page, asOf } = below;
    const shown = { page, records: page.rows, asOf, selectedLevelOf, onShown: onShownOf(page), cursorOf };
    return new Connection<K>(context, source, shown);
  }
  const selected = selectMembers(context, info, selections, parentRelation);
  const pages = mapPromiseOrValue(selected, ({ matching }) => {
    const [only] = selections;
    const isOfOneKind = only !== undefined && selections.length === 1;
    const records = mergeSelections(matching);
    const keeper = isOfOneKind ? context.catalog.store.tables[only.kind] : undefined;
    return context.limits.run(
      `the order of ${info.fieldName}`,
      pageSteps(records, pageRequest, order, keeper),
    );
  });
  const awaited = mapPromiseOrValue(pages, ({ rows }) =>
    waitForPage(context, info, name, rows, selectedLevelOf),
  );
  return mapPromisesOrValues([selected, pages, awaited], ({ asOf, isUnderParent }, page) => {
    const show = (records: readonly CachedRecord[], cursorFor: typeof cursorOf) => {
      const shown = { page, records, asOf, selectedLevelOf, onShown: onShownOf(page), cursorOf: cursorFor };
      return new Connection<K>(context, source, shown);
    };
    if (!context.operation.rereadsPages) return show(page.rows, cursorOf);
    // Cursors are made before the records are read again: the next page continues where the index cut this one.
    const cursors = new Map(page.rows.map((cached) => [cached, cursorOf(cached)]));
    const knownCursorOf = (cached: CachedRecord) => cursors.get(cached) as string;
    const rows = rereadPage(context, info, compiled, page.rows, selectedLevelOf, isUnderParent);
    return rows.then((records) => show(records, knownCursorOf));
  });
}

/** The level at which the records of a kind must be known for what is selected of them. */
function selectedLevelsOf(context: GraphContext, info: GraphQLResolveInfo, name: ConnectionName) {
  const levels = new Map<Kind, Level>();
  return (kind: Kind): Level => {
    let level = levels.get(kind);
    if (level === undefined) {
      level = requiredPageLevel(info, typeNameOf(name), kind, context.settings.requiredFields);
      levels.set(kind, level);
    }
    return level;
  };
}

/** Whether anything of a connection is selected but its groups, which do not depend on the page. */
function selectsPage(info: GraphQLResolveInfo, name: ConnectionName): boolean {
  const names = collectFieldNames(info, `${typeNameOf(name)}Connection`);
  return [...names].some((field) => field !== "groups" && field !== "__typename");
}
