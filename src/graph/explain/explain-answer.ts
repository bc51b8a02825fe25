import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from "graphql";
import {
  type ExplainedCall,
  Explanation,
  type Kind,
  kindDefinitions,
  kinds,
  type LookupKind,
  NEVER,
} from "../../catalog/index.ts";
import { coerceVariables, fragmentsOf, readDirective } from "../execution/operation-info.ts";
import type { GraphContext } from "../resolver/context.ts";
import { countCallBound } from "./call-bound.ts";

/** Calls of one kind and form, needed for one reason. */
interface CallGroup {
  readonly kind: string | null;
  readonly read: ExplainedCall["read"] | "OTHER";
  count: number;
  readonly why: string;
  /** The global ids of the first records. */
  records?: string[];
}

/** What a query is made of. */
interface Query {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** The explanation that `@explain` on an operation asks for; undefined without the directive. */
export function readExplain(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variableInput: Query["variables"],
): Explanation | undefined {
  const values = readDirective(schema, operation, variableInput, "explain");
  return values && new Explanation(values.data !== true);
}

const OTHER_CALLS =
  "Calls that were repeated after a failure, that tried another form of an address, or that decided whether there is " +
  "such a record.";

/** How many records a group names. */
const NAMED_RECORDS = 3;

/**
 * `extensions.explain`: what an operation that was executed, dry or with its calls, costs now, and why. Times are ISO
 * 8601; null if nothing was read. Undefined if nobody asks for it.
 */
export function explainAnswer(context: GraphContext, query: Query) {
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
    // Whether the query makes exactly these calls, as long as what is read again is still there.
    exact: doubts.length === 0,
    calls,
    total: countCalls(context, explanation, query),
    // Why the explanation is not exact.
    doubts,
    fromMemory: countFromMemory(context, explanation),
    // The lists that decide what belongs to the connections of the answer, and when they were read.
    lists: lists.map((kind) => ({
      kind: nameOf(kind),
      readAt: toTime(context, catalog.store.tables[kind].listAt),
    })),
    // Whether the query leaves what connections rest on to background work, which keeps it up to date.
    maintained: operation.indexCutoff === NEVER,
  };
}

/** `expected` is the sum of `calls`: what is needed if Alma answers what it answered before. */
function countCalls(
  context: GraphContext,
  { isDry, doubts, calls, certainCalls, contradicted }: Explanation,
  { schema, document, operation, variables }: Query,
) {
  const expected = isDry ? calls.length : context.operation.calls;
  if (!isDry || doubts.size === 0) return { expected, atLeast: expected, atMost: expected };
  const variableValues = coerceVariables(schema, operation, variables) ?? {};
  const info = { schema, fragments: fragmentsOf(document), rootValue: undefined, operation, variableValues };
  const atMost = Math.max(expected, countCallBound(context, info)) + contradicted.size;
  // An operation that fails may end before calls that it has begun are sent.
  return { expected, atLeast: context.operation.failure ? 0 : certainCalls, atMost };
}

/** The records that were known before the operation began and need no read, by kind, and their oldest reading. */
function countFromMemory(context: GraphContext, explanation: Explanation) {
  const byKind = new Map<Kind, { records: number; oldest: number }>();
  for (const view of context.views.all()) {
    const isKnown = view.wasReadBefore(context.operation.startedAt);
    if (!isKnown || explanation.isShownByReads(view.record, view.hasDetail)) continue;
    const { records = 0, oldest = Number.POSITIVE_INFINITY } = byKind.get(view.kind) ?? {};
    byKind.set(view.kind, { records: records + 1, oldest: Math.min(oldest, view.readAt) });
  }
  return [...byKind].map(([kind, { records, oldest }]) => ({
    kind: nameOf(kind),
    records,
    oldest: toTime(context, oldest),
  }));
}

const toTime = (context: GraphContext, at: number) => context.toDate(at)?.toISOString() ?? null;

function groupCalls(calls: readonly ExplainedCall[]) {
  const groups = new Map<string, CallGroup>();
  for (const { kind, read, why, record } of calls) {
    const key = `${kind} ${read} ${why}`;
    const group = groups.get(key) ?? { kind: nameOf(kind), read, count: 0, why };
    groups.set(key, group);
    group.count++;
    if (record && group.count <= NAMED_RECORDS) group.records = [...(group.records ?? []), record.key];
  }
  return [...groups.values()];
}

function nameOf(kind: LookupKind) {
  return kind === "rentalObject" ? "RentalObject" : kindDefinitions[kind].typeName;
}
