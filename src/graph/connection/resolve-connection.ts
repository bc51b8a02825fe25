import { type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo, isObjectType } from "graphql";
import {
  type CachedRecord,
  DETAIL,
  type Kind,
  kindDefinitions,
  type Level,
  typeNameOf,
} from "../../catalog/index.ts";
import { memoized } from "../argument/memoized.ts";
import { type Page, type PageInfo, pageInfoOf, pageSteps } from "../argument/page.ts";
import { collectFields, readArguments } from "../execution/collect-fields.ts";
import { compileGroups, type GroupQuery } from "../group/group-query.ts";
import { type Groups, resolveGroups, selectForGroups } from "../group/resolve-groups.ts";
import {
  type CompiledArguments,
  type ConnectionArgs,
  getCompiledArguments,
  type KindSelection,
} from "../member/compiled-arguments.ts";
import { reportPartialData, rereadRecords } from "../member/partial-data.ts";
import {
  applyFilter,
  type ParentRelation,
  type RecordPredicate,
  type SelectedMembers,
  selectMembers,
} from "../member/select-members.ts";
import { allPromisesOrValues, mapPromiseOrValue, type PromiseOrValue } from "../metering/promise-or-value.ts";
import type { ConnectionName } from "../resolver/connection-spec.ts";
import { type GraphContext, recordTruncation } from "../resolver/context.ts";
import type { RecordView } from "../resolver/record-view.ts";
import { pageNodes, selectedLevel } from "../resolver/required-level.ts";
import { mergeSelections } from "../scan/block.ts";
import { pageBelow } from "./page-below.ts";

/** A page of a connection's records. */
interface ConnectionPage {
  readonly page: Page<CachedRecord>;
  /** The shown records. If the page was read again, only those that still belong to it. */
  readonly records: readonly CachedRecord[];
  readonly cursorOf: (cached: CachedRecord) => string;
  /** When the oldest reading behind membership, order and total was made. */
  readonly asOf: number;
  /** Returns the level at which the selection needs records of a kind. */
  readonly selectedLevelOf: (kind: Kind) => Level;
  /** Called when records are selected. */
  readonly onShown: (() => void) | undefined;
}

/** Groups of a connection by response key. */
type GroupsByKey = ReadonlyMap<string, PromiseOrValue<Groups>>;

/** The parent of a connection's resolvers. Cursors are created only if selected. */
export class Connection<K extends Kind = Kind> {
  readonly #context: GraphContext;
  readonly #groups: GroupsByKey;
  readonly #page: ConnectionPage | undefined;
  readonly #nodes: readonly RecordView<K>[];

  /** Without a page, only groups are selected. */
  constructor(context: GraphContext, groups: GroupsByKey, page?: ConnectionPage) {
    this.#context = context;
    this.#groups = groups;
    this.#page = page;
    const { connectionCutoff } = context.operation;
    this.#nodes = page ? context.views.ofPage(page.records, connectionCutoff, page.selectedLevelOf) : [];
  }

  get #selected() {
    if (this.#page) return this.#page;
    throw new Error("The page of a connection was not read, since it did not seem to be selected.");
  }

  groupsAt(key: string): PromiseOrValue<Groups> | undefined {
    return this.#groups.get(key);
  }

  get totalCount(): number {
    return this.#selected.page.totalCount;
  }

  get asOf(): Date | null {
    return this.#context.toDate(this.#selected.asOf);
  }

  get nodes(): readonly RecordView<K>[] {
    this.#selected.onShown?.();
    return this.#nodes;
  }

  get edges(): readonly { readonly node: RecordView<K>; readonly cursor: string }[] {
    const { cursorOf } = this.#selected;
    return this.nodes.map((node) => ({
      node,
      get cursor() {
        return cursorOf(node.record);
      },
    }));
  }

  get pageInfo(): PageInfo {
    const { page, cursorOf } = this.#selected;
    return pageInfoOf(page, cursorOf);
  }
}

/**
 * The number of rows from which a page waits for the warm-up as a whole; in smaller pages each field waits on its own.
 */
const LARGE_PAGE = 256;

/**
 * Waits for the warm-up before it shows a page that needs many reads: its records, the records that refer to them, and
 * those they refer to. Otherwise each field of each row would wait on its own, which uses much memory and resumes
 * thousands of fields together.
 */
function waitForPage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  name: ConnectionName,
  page: readonly CachedRecord[],
  selectedLevelOf: (kind: Kind) => Level,
) {
  const { operation } = context;
  const { warmUpWait } = context.catalog;
  if (page.length < LARGE_PAGE || warmUpWait.isOver) return undefined;
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
        const level = selectedLevel(context, { ...info, fieldNodes }, relation.to);
        return level === DETAIL ? warmUpWait.forReferred(operation, records, relation) : undefined;
      }),
    );
  return mapPromiseOrValue(allPromisesOrValues(own), () => allPromisesOrValues(referred()));
}

/**
 * Reads the records of a page again, as fresh as the query requires. Returns those that still belong. A record that
 * cannot be read stays, and its fields fail with the reason.
 */
async function rereadPage(
  context: GraphContext,
  info: GraphQLResolveInfo,
  { selections }: CompiledArguments,
  rows: readonly CachedRecord[],
  selectedLevelOf: (kind: Kind) => Level,
  isUnderParent: RecordPredicate | undefined,
): Promise<readonly CachedRecord[]> {
  const parts = await Promise.all(
    selections.map(async (selection) => {
      const { kind, filter, filterLevel } = selection;
      const level = isUnderParent ? DETAIL : (Math.max(filterLevel, selectedLevelOf(kind)) as Level);
      const ofKind = rows.filter((row) => row.kind === kind);
      const records = await rereadRecords(context, ofKind, level, filter.requiredFields);
      const { matching, undecidable } = await applyFilter(context, info.fieldName, selection, records);
      const partialData = { failedReads: undecidable, readsOfUnknownParent: [], malformedEntries: 0 };
      reportPartialData(context, info, [kind], partialData, isUnderParent !== undefined);
      const remaining = matching.slice(0, matching.size).filter(({ isListed }) => isListed);
      return isUnderParent ? remaining.filter(isUnderParent) : remaining;
    }),
  );
  const remaining = new Set(parts.flat());
  return rows.filter((row) => remaining.has(row));
}

interface GroupsField {
  readonly key: string;
  readonly query: GroupQuery;
}

const NO_GROUPS: GroupsByKey = new Map();

/**
 * Resolves a connection of all records of its kinds, or of those that refer to a parent; synchronously if nothing has
 * to be read. Page and groups see the same records in the same state. Throws BAD_USER_INPUT before any call to Alma,
 * and AlmaError if membership is unknown.
 */
export function resolveConnection<K extends Kind>(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  name: K | ConnectionName,
  parentRelation?: ParentRelation,
): PromiseOrValue<Connection<K>> {
  const compiled = getCompiledArguments(context, info, args, name);
  const { hasPage, groups, selections, levelOf } = memoized(context.memo, compiled, () =>
    analyzeSelection(context, info, compiled, name),
  );
  const { order, pageRequest } = compiled;
  const connect = (
    byKey: GroupsByKey,
    asOf: number,
    page: Page<CachedRecord>,
    records: readonly CachedRecord[],
    cursorOf: (cached: CachedRecord) => string,
  ) => {
    const isCut = pageRequest.isDefaultSize && page.hasNextPage && page.rows.length === pageRequest.size;
    const onShown = isCut ? () => recordTruncation(context, info) : undefined;
    const shown = { page, records, asOf, selectedLevelOf: levelOf, onShown, cursorOf };
    return new Connection<K>(context, byKey, shown);
  };
  const below =
    groups.length === 0 &&
    parentRelation?.parent !== undefined &&
    pageBelow(context, compiled, parentRelation.relation, parentRelation.parent);
  if (below) return connect(NO_GROUPS, below.asOf, below.page, below.page.rows, compiled.cursorOf);
  return mapPromiseOrValue(selectMembers(context, info, selections, parentRelation), (members) => {
    const { matching, asOf, isUnderParent } = members;
    const byKey = groups.length === 0 ? NO_GROUPS : startGroups(context, info, groups, selections, members);
    if (!hasPage) return new Connection<K>(context, byKey);
    const [only, other] = selections;
    const columnCache = only && !other ? context.catalog.store.tables[only.kind] : undefined;
    const steps = pageSteps(mergeSelections(matching), pageRequest, order, columnCache);
    return mapPromiseOrValue(context.limits.run(`the order of ${info.fieldName}`, steps), (page) =>
      mapPromiseOrValue(waitForPage(context, info, name, page.rows, levelOf), () => {
        if (!context.operation.rereadsPages) return connect(byKey, asOf, page, page.rows, compiled.cursorOf);
        // Create cursors before the records are read again: the next page continues where the index ended this one.
        const cursors = new Map(page.rows.map((cached) => [cached, compiled.cursorOf(cached)]));
        const cursorOf = (cached: CachedRecord) => cursors.get(cached) as string;
        const reread = rereadPage(context, info, compiled, page.rows, levelOf, isUnderParent);
        return reread.then((records) => connect(byKey, asOf, page, records, cursorOf));
      }),
    );
  });
}

/** Starts all groups of a connection now, before yielding. Errors surface where a group is resolved. */
function startGroups(
  context: GraphContext,
  info: GraphQLResolveInfo,
  groups: readonly GroupsField[],
  selections: readonly KindSelection[],
  members: SelectedMembers,
): GroupsByKey {
  const start = ({ key, query }: GroupsField) => {
    const path = { prev: info.path, key, typename: undefined };
    try {
      return resolveGroups(context, { ...info, path }, query, selections, members);
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

/** Analyzes the selection of a connection, for all parents of a field. Throws BAD_USER_INPUT. */
function analyzeSelection(
  context: GraphContext,
  info: GraphQLResolveInfo,
  compiled: CompiledArguments,
  name: ConnectionName,
) {
  const type = info.schema.getType(`${typeNameOf(name)}Connection`) as GraphQLObjectType;
  const fields = collectFields(info, type, info.fieldNodes);
  const groups = fields
    .filter(({ definition }) => definition.name === "groups")
    .map(({ key, nodes, definition, constantArgs }) => {
      const args = constantArgs ?? readArguments(definition, nodes[0] as FieldNode, info.variableValues);
      return { key, query: compileGroups(context, info, nodes, args(), name) };
    });
  const pageInfo = { ...info, fieldNodes: pageNodes(info, typeNameOf(name)) };
  const levels = new Map(
    compiled.selections.map(({ kind }) => [kind, selectedLevel(context, pageInfo, [kind])]),
  );
  return {
    /** Whether anything but groups is selected. Groups do not depend on the page. */
    hasPage: fields.some(({ definition }) => !["groups", "__typename"].includes(definition.name)),
    groups,
    selections: compiled.selections.map((selection) =>
      groups.reduce(
        (known, { query }) => selectForGroups(context, known, query, compiled.order.requiredFields),
        selection,
      ),
    ),
    /** Returns the level at which the selection needs records of a kind. Safe: a connection has only its kinds. */
    levelOf: (kind: Kind) => levels.get(kind) as Level,
  };
}
