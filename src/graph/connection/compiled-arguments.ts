import type { GraphQLResolveInfo } from "graphql";
import { DETAIL, type Kind, kindDefinitions, type Level, requiredLevel } from "../../catalog/index.ts";
import { compileFilter, type Filter } from "../argument/filter.ts";
import { compileOrder, type Order } from "../argument/order.ts";
import { type PageRequest, parsePageInput } from "../argument/page.ts";
import type { PromiseOrValue } from "../execution/promise-or-value.ts";
import type { RelationFilter } from "../record/connection-spec.ts";
import type { GraphContext } from "../record/context.ts";
import type { ConnectionArgs } from "./connection.ts";

/** A connection's arguments, read once for all parents of one place in the query. */
export interface CompiledArguments {
  readonly filter: Filter;
  readonly order: Order;
  readonly pageRequest: PageRequest;
  readonly isFiltered: boolean;
  readonly isSorted: boolean;
  /** The record's own fields that decide who belongs, or in what order. */
  readonly requiredFields: readonly string[];
  /** How well a record must be known for these, and how well for the filter alone. */
  readonly needsDetails: boolean;
  readonly filterLevel: Level;
  /** What has to be known of other kinds. */
  readonly relationFilter: RelationFilter | undefined;
  /** The oldest answer by which the filter's refs were looked up, once they are. */
  refsAsOf?: PromiseOrValue<number>;
}

/** The arguments of the connection that is being resolved. Throws BAD_USER_INPUT. */
export function getCompiledArguments(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: Kind,
): CompiledArguments {
  const memoized = context.memo.get(info.fieldNodes) as CompiledArguments | undefined;
  if (memoized) return memoized;
  const compiledArguments = compileArguments(context, args, kind);
  context.memo.set(info.fieldNodes, compiledArguments);
  return compiledArguments;
}

/** What a connection's arguments ask for. Throws BAD_USER_INPUT. */
export function compileArguments(context: GraphContext, args: ConnectionArgs, kind: Kind): CompiledArguments {
  const { typeName, summaryFields: summary } = kindDefinitions[kind];
  const { filters, orders, relationFilters } = context.connectionSpec(kind);
  const order = compileOrder(typeName, orders, args.orderBy);
  const pageRequest = parsePageInput(args, order, context.settings.maxPage);
  const filter = compileFilter(filters(context), args.filter);
  const requiredFields = [...filter.requiredFields, ...order.requiredFields];
  return {
    filter,
    order,
    pageRequest,
    isFiltered: args.filter != null,
    isSorted: (args.orderBy?.length ?? 0) > 0,
    requiredFields,
    needsDetails: requiredLevel(summary, requiredFields) === DETAIL,
    filterLevel: requiredLevel(summary, filter.requiredFields),
    relationFilter: requiredFields
      .map((field) => relationFilters?.[field])
      .find((relationFilter) => relationFilter !== undefined),
  };
}
