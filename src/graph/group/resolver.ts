import type { IResolvers } from "@graphql-tools/utils";
import { type GraphQLResolveInfo, type GraphQLSchema, isEnumType, isObjectType } from "graphql";
import { sourceField } from "../execution/source-resolver.ts";
import { followTo, toRentalObject } from "../resolver/computed-field.ts";
import type { GraphContext } from "../resolver/context.ts";
import { type ConnectionName, type GroupKey, type GroupSpec, typeNameOf } from "../spec/connection-spec.ts";
import type { DecimalSummary } from "../sum/amount-sums.ts";
import type { Group } from "./groups.ts";

/** The resolvers of what a group shows of its amounts. */
export const decimalSummary: IResolvers[string] = {
  avg: (summary: DecimalSummary, { scale }: { readonly scale: number }) => summary.avg(scale),
};

/**
 * The resolvers of the groups of a kind: `groups` of its connections, and the types below. Throws if the schema and the
 * entity's file do not have the same keys, orders and numbers.
 */
export function groupResolversOf(schema: GraphQLSchema, name: ConnectionName, spec: GroupSpec): IResolvers {
  const typeName = typeNameOf(name);
  assertComplete(schema, typeName, spec);
  return {
    [`${typeName}Connection`]: {
      groups: (connection: { groupsAt(key: string): unknown }, _args: unknown, _context: unknown, info) =>
        connection.groupsAt(String(info.path.key)),
    },
    [`${typeName}Group`]: {
      keys: (group: Group) => group,
      distinct: (group: Group, { of }: { readonly of: string }) => group.distinct(of),
      ...mapTable(
        { ...spec.amounts, ...spec.periodAmounts },
        (name) => (group: Group) => group.amounts(name),
      ),
      ...mapTable(spec.dates, (name) => (group: Group) => group.dates(name)),
      ...mapTable(shownMeasures(spec), (name) => (group: Group) => group.measure(name)),
      ...mapTable(
        spec.ratios,
        (name) =>
          (group: Group, { scale }: { readonly scale: number }) =>
            group.percent(name, scale),
      ),
    },
    [`${typeName}GroupKeys`]: Object.fromEntries(
      Object.entries(spec.keys).map(([name, key]) => [key.field, keyResolver(name, key)]),
    ),
  };
}

function mapTable<R>(table: Readonly<Record<string, unknown>> = {}, resolverOf: (name: string) => R) {
  return Object.fromEntries(Object.keys(table).map((name) => [name, resolverOf(name)]));
}

function shownMeasures({ measures = {} }: GroupSpec) {
  return Object.fromEntries(Object.entries(measures).filter(([, { isHidden }]) => !isHidden));
}

/** A record that a key shows is read as others that are reached through a connection. */
function keyResolver(name: string, { links }: GroupKey) {
  if (!links) return sourceField((group: Group) => group.shownKey(name));
  const [kind, ...others] = links;
  return (group: Group, _args: unknown, context: GraphContext, info: GraphQLResolveInfo) => {
    const id = group.keyValue(name) as number | null;
    if (id === null) return null;
    const cutoff = context.operation.connectionCutoff;
    if (others.length > 0) return toRentalObject(context, info, id, cutoff);
    return followTo(context, info, context.catalog.store.getOrCreate(kind, id), cutoff);
  };
}

/** Throws if the schema has a key, an order or a number that the spec lacks, or the other way round. */
function assertComplete(schema: GraphQLSchema, typeName: string, spec: GroupSpec) {
  const check = (name: string, expected: readonly string[]) => {
    const type = schema.getType(name);
    const found = isEnumType(type)
      ? type.getValues().map((value) => value.name)
      : isObjectType(type)
        ? Object.keys(type.getFields())
        : [];
    const wrong = [...found, ...expected].filter((one) => !found.includes(one) || !expected.includes(one));
    if (wrong.length > 0)
      throw new Error(
        `${name} in schema/ has not the same names as the groups of its entity in src/graph/: ${wrong.join(", ")}.`,
      );
  };
  const keys = Object.keys(spec.keys);
  const over = spec.coverage ? ["period"] : [];
  check(`${typeName}GroupField`, keys);
  check(
    `${typeName}GroupKeys`,
    Object.values(spec.keys).map(({ field }) => field),
  );
  check(`${typeName}GroupOrderField`, [
    ...keys,
    ...(spec.coverage ? ["PERIOD"] : []),
    "COUNT",
    ...Object.keys(spec.sums ?? {}),
  ]);
  const numbers = [spec.amounts, spec.periodAmounts, spec.dates, shownMeasures(spec), spec.ratios].flatMap(
    (table) => Object.keys(table ?? {}),
  );
  check(`${typeName}Group`, ["keys", ...over, "count", "distinct", ...numbers]);
}
