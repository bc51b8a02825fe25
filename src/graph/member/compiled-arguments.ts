import type { FieldNode, GraphQLResolveInfo } from "graphql";
import {
  type CachedRecord,
  DETAIL,
  type Kind,
  kindDefinitions,
  type Level,
  requiredLevel,
  typeNameOf,
} from "../../catalog/index.ts";
import { compileFilter, type Filter } from "../argument/filter.ts";
import { memoized } from "../argument/memoized.ts";
import { compileOrder, type Order, type OrderInput } from "../argument/order.ts";
import { encodeCursor, type PageInput, type PageRequest, parsePageInput } from "../argument/page.ts";
import type { PromiseOrValue } from "../metering/promise-or-value.ts";
import { warnOfUnknownChoices } from "../resolver/choices.ts";
import type { ConnectionName } from "../resolver/connection-spec.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { Block } from "../scan/block.ts";

/** The arguments of every connection. */
export interface ConnectionArgs extends PageInput {
  readonly filter?: object | null;
  readonly orderBy?: readonly OrderInput[] | null;
}

/** The selected records of one kind, and the data that decides the selection. */
export interface KindSelection {
  readonly kind: Kind;
  readonly filter: Filter;
  readonly isFiltered: boolean;
  /** The fields that decide membership or order. */
  readonly requiredFields: readonly string[];
  /** Whether these fields need details. */
  readonly needsDetails: boolean;
  /** The level at which a record must be known for the filter alone. */
  readonly filterLevel: Level;
  /** When the oldest lookup of the filter's refs was made. Set once they are resolved. */
  refsAsOf?: PromiseOrValue<number>;
}

/** The compiled arguments of a connection, shared by all parents of a field. */
export interface CompiledArguments {
  readonly selections: readonly KindSelection[];
  readonly order: Order;
  readonly pageRequest: PageRequest;
  readonly cursorOf: (cached: CachedRecord) => string;
  /** Scratch space for filtering the few members of each parent. */
  block?: Block;
}

/** Returns the compiled arguments of the connection being resolved. Throws BAD_USER_INPUT. */
export function getCompiledArguments(
  context: GraphContext,
  info: GraphQLResolveInfo,
  args: ConnectionArgs,
  name: ConnectionName,
): CompiledArguments {
  return memoized(context.memo, info.fieldNodes, () => {
    const compiledArguments = compileArguments(context, info.fieldNodes[0], args, name);
    if (args.filter) warnOfUnknownChoices(context, context.connectionSpec(name).kinds, args.filter, "filter");
    return compiledArguments;
  });
}

/**
 * Compiles the arguments of a connection at a field of the document without any call to Alma. Throws
 * BAD_USER_INPUT.
 */
export function compileArguments(
  context: GraphContext,
  node: FieldNode | undefined,
  args: ConnectionArgs,
  name: ConnectionName,
): CompiledArguments {
  const { kinds, filters, orders } = context.connectionSpec(name);
  const order = compileOrder(typeNameOf(name), orders, args.orderBy, context);
  const pageRequest = parsePageInput(args, order, context.maxPageOf(node));
  const isFiltered = args.filter != null;
  // A filter in a variable is compiled once for all fields that use it, and for the argument checks.
  const compiled = isFiltered ? memoized(context.memo, args.filter, () => new Map()) : new Map();
  const selections = kinds.map((kind) => {
    const filter = memoized(compiled, `${name} ${kind}`, () =>
      compileFilter(isFiltered ? filters(context, kind) : {}, args.filter),
    );
    const links = [...filter.links, ...order.links(kind)];
    return selectionOf(kind, { ...filter, links }, isFiltered, order.requiredFields);
  });
  const cursorOf = (cached: CachedRecord) => encodeCursor(order, cached);
  return { selections, order, pageRequest, cursorOf };
}

/** Returns the selection of a kind by a filter. `orderFields`: the fields that order the records. */
export function selectionOf(
  kind: Kind,
  filter: Filter,
  isFiltered: boolean,
  orderFields: readonly string[] = [],
): KindSelection {
  const { summaryFields: summary } = kindDefinitions[kind];
  const requiredFields = [...filter.requiredFields, ...orderFields];
  return {
    kind,
    filter,
    isFiltered,
    requiredFields,
    needsDetails: requiredLevel(summary, requiredFields) === DETAIL,
    filterLevel: requiredLevel(summary, filter.requiredFields),
  };
}
