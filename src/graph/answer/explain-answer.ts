import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import { type ExplainedCall, Explanation, type Kind, kinds, NEVER, typeNameOf } from "../../catalog/index.ts";
import { readDirective } from "../execution/operation-info.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Calls of one kind and form with the same reason. */
interface CallGroup {
  readonly kind: string | null;
  readonly read: ExplainedCall["read"] | "OTHER";
  count: number;
  readonly why: string;
  /** The global ids of the first records. */
  records?: string[];
}

/** Returns the explanation requested by `@explain`, if any. */
export function readExplain(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | undefined,
): Explanation | undefined {
  const values = readDirective(schema, operation, variables, "explain");
  return values && new Explanation(values.data !== true);
}

const OTHER_CALLS =
  "Calls that were repeated after a failure, that tried another form of an address, or that decided whether there is " +
  "such a record.";

/** The maximum number of records listed in a group. */
const NAMED_RECORDS = 3;

/**
 * Returns `extensions.explain`: the current cost of an operation and its reasons, for a dry run or an execution. Times
 * are ISO 8601, null if nothing was read. Undefined without `@explain`.
 */
export function explainAnswer(context: GraphContext) {
  const { catalog, operation } = context;
  const { explanation, failure } = operation;
  if (!explanation) return undefined;
  const calls = groupCalls(explanation.calls);
  const others = explanation.isDry ? 0 : operation.calls - explanation.calls.length;
  if (others > 0) calls.push({ kind: null, read: "OTHER", count: others, why: OTHER_CALLS });
  if (failure) explanation.doubt(`The query ends with ${failure.code}, and makes no further calls.`);
  const doubts = [...explanation.doubts];
  const lists = kinds.filter((kind) => explanation.lists.has(kind));
  return {
    // Whether the query makes exactly these calls, if the records still exist.
    exact: doubts.length === 0,
    calls,
    // The sum of `calls`, if Alma gives the same answers as before.
    total: { expected: explanation.isDry ? explanation.calls.length : operation.calls },
    // Why the explanation is not exact.
    doubts,
    fromMemory: countFromMemory(context, explanation),
    // The lists that decide membership, and when they were read.
    lists: lists.map((kind) => ({
      kind: typeNameOf(kind),
      readAt: toTime(context, catalog.store.tables[kind].listAt),
    })),
    // Whether the connections depend on lists kept current by background work.
    maintained: operation.indexCutoff === NEVER,
  };
}

/** Counts the known records that need no read, by kind, with their oldest reading. */
function countFromMemory(context: GraphContext, explanation: Explanation) {
  const byKind = new Map<Kind, { records: number; oldest: number }>();
  for (const view of context.views.all()) {
    const isKnown = view.wasReadBefore(context.operation.startedAt);
    if (!isKnown || explanation.isShownByReads(view.record, view.hasDetail)) continue;
    const { records = 0, oldest = Infinity } = byKind.get(view.kind) ?? {};
    byKind.set(view.kind, { records: records + 1, oldest: Math.min(oldest, view.readAt) });
  }
  return [...byKind].map(([kind, { records, oldest }]) => ({
    kind: typeNameOf(kind),
    records,
    oldest: toTime(context, oldest),
  }));
}

const toTime = (context: GraphContext, at: number) => context.toDate(at)?.toISOString() ?? null;

function groupCalls(calls: readonly ExplainedCall[]) {
  const groups = new Map<string, CallGroup>();
  for (const { kind, read, why, record } of calls) {
    const key = `${kind} ${read} ${why}`;
    const group = groups.get(key) ?? { kind: typeNameOf(kind), read, count: 0, why };
    groups.set(key, group);
    group.count++;
    if (record && group.count <= NAMED_RECORDS) group.records = [...(group.records ?? []), record.key];
  }
  return [...groups.values()];
}
