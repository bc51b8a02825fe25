import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from "graphql";
import type { CachedRecord, Kind, Level } from "../../catalog/index.ts";
import type { Page } from "../argument/page.ts";
import { pageSteps } from "../argument/select-page.ts";
import { collectFields, readArguments } from "../execution/collect-fields.ts";
import { compileGroups, type Question } from "../group/question.ts";
import { selectForGroups } from "../group/read-rows.ts";
import { resolveGroups } from "../group/resolve-groups.ts";
import type { ParentRelation } from "../member/candidates.ts";
import {
  type CompiledArguments,
  type ConnectionArgs,
  getCompiledArguments,
  type KindSelection,
} from "../member/compiled-arguments.ts";
import { type SelectedMembers, selectMembers } from "../member/select-members.ts";
import { mapPromiseOrValue, mapPromisesOrValues, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { GraphContext } from "../resolver/context.ts";
import { noteCut } from "../resolver/note-cut.ts";
import { pageNodes, selectedLevel } from "../resolver/required-level.ts";
import { mergeSelections } from "../scan/selection.ts";
import { type ConnectionName, typeNameOf } from "../spec/connection-spec.ts";
import { Connection, type GroupsByKey } from "./connection.ts";
import { pageBelow } from "./page-below.ts";
import { rereadPage } from "./reread-page.ts";
import { waitForPage } from "./wait-for-page.ts";

/** A field `groups` of a connection. */
interface GroupsField {
  /** Its name in the answer. */
  readonly key: string;
  readonly question: Question;
}

/** What is selected of a connection, found out once for all parents of one field of the query. */
interface SelectedConnection {
  /** Whether more than groups, which do not depend on the page. */
  readonly hasPage: boolean;
  readonly groups: readonly GroupsField[];
  /** What decides its members, and all of their groups. */
  readonly selections: readonly KindSelection[];
  /** The level at which the records of a kind must be known for what is selected of them. */
  readonly levelOf: (kind: Kind) => Level;
}

const NO_GROUPS: GroupsByKey = new Map();

/**
 * Resolves a connection of all records of its kinds, or of the records that refer to a parent; at once if nothing has
 * to be read. Its page and its groups are of the same records at the same moment: what either needs is read before.
 * Throws BAD_USER_INPUT before any call to Alma, and AlmaError if it is not known which records belong.
 */
export function resolveConnection<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  name: K | ConnectionName,
  parentRelation?: ParentRelation,
): PromiseOrValue<Connection<K>> {
  const compiled = getCompiledArguments(context, info, args, name);
  const { hasPage, groups, selections, levelOf } = getSelected(context, info, compiled, name);
  const { order, pageRequest } = compiled;
  const connect = (
    byKey: GroupsByKey,
    page: Page<CachedRecord>,
    asOf: number,
    records = page.rows,
    { cursorOf } = compiled,
  ) => {
    const isCut = pageRequest.isDefaultSize && page.hasNextPage && page.rows.length === pageRequest.size;
    const onShown = isCut ? () => noteCut(context, info) : undefined;
    const shown = { page, records, asOf, selectedLevelOf: levelOf, onShown, cursorOf };
    return new Connection<K>(context, byKey, shown);
  };
  const below =
    groups.length === 0 &&
    parentRelation?.parent !== undefined &&
    pageBelow(context, compiled, parentRelation.relation, parentRelation.parent);
  if (below) return connect(NO_GROUPS, below.page, below.asOf);
  const selected = selectMembers(context, info, selections, parentRelation);
  const grouped = mapPromiseOrValue(selected, (members) =>
    groups.length === 0 ? NO_GROUPS : startGroups(context, info, groups, selections, members),
  );
  if (!hasPage) return mapPromiseOrValue(grouped, (byKey) => new Connection<K>(context, byKey));
  const pages = mapPromiseOrValue(selected, ({ matching }) => {
    const [only] = selections;
    const isOfOneKind = only !== undefined && selections.length === 1;
    const records = mergeSelections(matching);
    const columnCache = isOfOneKind ? context.catalog.store.tables[only.kind] : undefined;
    return context.limits.run(
      `the order of ${info.fieldName}`,
      pageSteps(records, pageRequest, order, columnCache),
    );
  });
  const awaited = mapPromiseOrValue(pages, ({ rows }) => waitForPage(context, info, name, rows, levelOf));
  return mapPromisesOrValues([selected, grouped, pages, awaited], ({ asOf, isUnderParent }, byKey, page) => {
    if (!context.operation.rereadsPages) return connect(byKey, page, asOf);
    // Cursors are made before the records are read again: the next page continues where the index cut this one.
    const cursors = new Map(page.rows.map((cached) => [cached, compiled.cursorOf(cached)]));
    const cursorOf = (cached: CachedRecord) => cursors.get(cached) as string;
    const rows = rereadPage(context, info, compiled, page.rows, levelOf, isUnderParent);
    return rows.then((records) => connect(byKey, page, asOf, records, { ...compiled, cursorOf }));
  });
}

/** Makes all groups of a connection now, before others have their turn. What fails, fails where it is asked for. */
function startGroups(
  context: GraphContext,
  info: GraphQLResolveInfo,
  groups: readonly GroupsField[],
  selections: readonly KindSelection[],
  members: SelectedMembers,
): GroupsByKey {
  const start = ({ key, question }: GroupsField) => {
    const path = { prev: info.path, key, typename: undefined };
    try {
      return resolveGroups(context, { ...info, path }, question, selections, members);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return new Map(
    groups.map((field) => {
      const made = start(field);
      if (made instanceof Promise) made.catch(() => {});
      return [field.key, made];
    }),
  );
}

/** Throws BAD_USER_INPUT. */
function getSelected(
  context: GraphContext,
  info: GraphQLResolveInfo,
  compiled: CompiledArguments,
  name: ConnectionName,
): SelectedConnection {
  const memoized = context.memo.get(compiled) as SelectedConnection | undefined;
  if (memoized) return memoized;
  const type = info.schema.getType(`${typeNameOf(name)}Connection`) as GraphQLObjectType;
  const fields = collectFields(info, type, info.fieldNodes);
  const groups = fields
    .filter(({ definition }) => definition.name === "groups")
    .map(({ key, nodes, definition, constantArgs }) => {
      const args = constantArgs ?? readArguments(definition, nodes[0] as FieldNode, info.variableValues);
      return { key, question: compileGroups(context, info, nodes, args(), name) };
    });
  const pageInfo = { ...info, fieldNodes: pageNodes(info, typeNameOf(name)) };
  const levels = new Map(
    compiled.selections.map(({ kind }) => [
      kind,
      selectedLevel(pageInfo, [kind], context.settings.requiredFields),
    ]),
  );
  const selected = {
    hasPage: fields.some(({ definition }) => !["groups", "__typename"].includes(definition.name)),
    groups,
    selections: compiled.selections.map((selection) =>
      groups.reduce(
        (known, { question }) => selectForGroups(context, known, question, compiled.order.requiredFields),
        selection,
      ),
    ),
    // Safe: a connection has records of its kinds only.
    levelOf: (kind: Kind) => levels.get(kind) as Level,
  };
  context.memo.set(compiled, selected);
  return selected;
}
