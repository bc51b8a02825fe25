import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import {
  type ExplainedCall,
  Explanation,
  type Kind,
  kindDefinitions,
  kinds,
  type LookupKind,
  NEVER,
} from "../../catalog/index.ts";
import { readDirective } from "../execution/operation-info.ts";
import type { GraphContext } from "../resolver/context.ts";

/** Calls of one kind and form, needed for one reason. */
interface CallGroup {
  readonly kind: string | null;
  readonly read: ExplainedCall["read"] | "OTHER";
  count: number;
  readonly why: string;
  /** The global ids of the first records. */
  records?: string[];
}

/** The explanation that `@explain` on an operation asks for; undefined without the directive. */
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

/** How many records a group names. */
const NAMED_RECORDS = 3;

/**
 * `extensions.explain`: what an operation that was executed, dry or with its calls, costs now, and why. Times are ISO
 * 8601; null if nothing was read. Undefined if nobody asks for it.
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
    // Whether the query makes exactly these calls, as long as what is read again is still there.
    exact: doubts.length === 0,
    calls,
    // The sum of `calls`: what is needed if Alma answers what it answered before.
    total: { expected: explanation.isDry ? explanation.calls.length : operation.calls },
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
