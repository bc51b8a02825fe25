import type { FieldNode, GraphQLResolveInfo } from "graphql";
import { DETAIL, type Kind, kindDefinitions, type Level, requiredLevel } from "../../catalog/index.ts";
import { compileFilter, type Filter } from "../argument/filter.ts";
import { compileOrder, type Order } from "../argument/order.ts";
import { type PageRequest, parsePageInput, WHOLE } from "../argument/page.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import type { RelationFilter } from "../record/connection-spec.ts";
import type { GraphContext } from "../record/context.ts";
import type { ConnectionArgs } from "./connection.ts";

/** A connection's arguments, compiled once for all parents of one field of the query. */
export interface CompiledArguments {
  readonly filter: Filter;
  readonly order: Order;
  readonly pageRequest: PageRequest;
  readonly isFiltered: boolean;
  /** The fields of the record that decide membership or order. */
  readonly requiredFields: readonly string[];
  /** Whether these fields need details. */
  readonly needsDetails: boolean;
  /** The level at which a record must be known for the filter alone. */
  readonly filterLevel: Level;
  /** The relation that the filter or the order follows to other kinds. */
  readonly relationFilter: RelationFilter | undefined;
  /** The oldest lookup of the filter's refs, once they are resolved. */
  refsAsOf?: PromiseOrValue<number>;
  /** The level at which the selection needs the records, once it is computed. */
  selectedLevel?: Level;
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
  const compiledArguments = compileArguments(context, info.fieldNodes[0], args, kind);
  context.memo.set(info.fieldNodes, compiledArguments);
  return compiledArguments;
}

/** A filter in a variable is compiled once for all fields that use it, and for the check of their arguments. */
function compileOnce({ memo }: GraphContext, input: ConnectionArgs["filter"], compile: () => Filter): Filter {
  const compiled = input ? (memo.get(input) as Filter | undefined) : undefined;
  if (compiled) return compiled;
  const filter = compile();
  if (input) memo.set(input, filter);
  return filter;
}

/**
 * Compiles the arguments of the connection at a field of the document, without any call to Alma. Throws BAD_USER_INPUT.
 */
export function compileArguments(
  context: GraphContext,
  node: FieldNode | undefined,
  args: ConnectionArgs,
  kind: Kind,
): CompiledArguments {
  const { typeName, summaryFields: summary } = kindDefinitions[kind];
  const { filters, orders, relationFilters } = context.connectionSpec(kind);
  const order = compileOrder(typeName, orders, args.orderBy);
  const isWhole = node !== undefined && context.wholeFields.has(node);
  const pageRequest = parsePageInput(args, order, isWhole ? WHOLE : context.settings.maxPage);
  const filter = compileOnce(context, args.filter, () => compileFilter(filters(context), args.filter));
  const requiredFields = [...filter.requiredFields, ...order.requiredFields];
  return {
    filter,
    order,
    pageRequest,
    isFiltered: args.filter != null,
    requiredFields,
    needsDetails: requiredLevel(summary, requiredFields) === DETAIL,
    filterLevel: requiredLevel(summary, filter.requiredFields),
    relationFilter: requiredFields
      .map((field) => relationFilters?.[field])
      .find((relationFilter) => relationFilter !== undefined),
  };
}
