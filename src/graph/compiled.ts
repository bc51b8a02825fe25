import type { GraphQLResolveInfo } from "graphql";
import { DETAIL, facts, type Kind, type Level, levelOf } from "../catalog/index.ts";
import type { ConnectionArgs } from "./connection.ts";
import type { GraphContext } from "./context.ts";
import type { Across } from "./entity.ts";
import { compileFilter, type Filter } from "./filter.ts";
import type { Later } from "./later.ts";
import { compileOrder, type Order } from "./order.ts";
import { type PageAsk, readPage } from "./page.ts";

/** A connection's arguments, read once for all parents of one place in the query. */
export interface Compiled {
  readonly filter: Filter;
  readonly order: Order;
  readonly ask: PageAsk;
  readonly filtered: boolean;
  readonly sorted: boolean;
  /** The record's own fields that decide who belongs, or in what order. */
  readonly needs: readonly string[];
  /** How well a record must be known for these, and how well for the filter alone. */
  readonly byDetail: boolean;
  readonly filterLevel: Level;
  /** What has to be known of other kinds. */
  readonly across: Across | undefined;
  /** The oldest answer by which the filter's refs were looked up, once they are. */
  refs?: Later<number>;
}

/** The arguments of the connection that is being resolved. Throws BAD_USER_INPUT. */
export function compile(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  kind: Kind,
): Compiled {
  const known = context.once.get(info.fieldNodes) as Compiled | undefined;
  if (known) return known;
  const compiled = readArguments(context, args, kind);
  context.once.set(info.fieldNodes, compiled);
  return compiled;
}

/** What a connection's arguments ask for. Throws BAD_USER_INPUT. */
export function readArguments(context: GraphContext, args: ConnectionArgs, kind: Kind): Compiled {
  const { typeName, summary } = facts[kind];
  const { filters, orders, across } = context.listable(kind);
  const order = compileOrder(typeName, orders, args.orderBy);
  const ask = readPage(args, order, context.settings.maxPage);
  const filter = compileFilter(filters(context), args.filter);
  const needs = [...filter.needs, ...order.needs];
  return {
    filter,
    order,
    ask,
    filtered: args.filter != null,
    sorted: (args.orderBy?.length ?? 0) > 0,
    needs,
    byDetail: levelOf(summary, needs) === DETAIL,
    filterLevel: levelOf(summary, filter.needs),
    across: needs.map((need) => across?.[need]).find((one) => one !== undefined),
  };
}
