import type { IResolvers } from "@graphql-tools/utils";
import type { GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema } from "graphql";
import { typeNameOf } from "../../catalog/index.ts";
import { sourceField } from "../execution/source-resolver.ts";
import { followTo } from "../resolver/computed-field.ts";
import type { ConnectionName, GroupKey, GroupSpec } from "../resolver/connection-spec.ts";
import type { GraphContext } from "../resolver/context.ts";
import type { Group } from "./group.ts";
import type { DecimalSummary } from "./group-number.ts";

/** Resolvers of the amounts of a group. */
export const decimalSummary: IResolvers[string] = {
  avg: (summary: DecimalSummary, { scale }: { readonly scale: number }) => summary.avg(scale),
};

/** The resolvers of the groups of a kind: `groups` of its connections, and the types below. */
export function groupResolversOf(schema: GraphQLSchema, name: ConnectionName, spec: GroupSpec): IResolvers {
  const typeName = typeNameOf(name);
  const group = schema.getType(`${typeName}Group`) as GraphQLObjectType;
  // Some numbers are used only to order groups.
  const numbers = Object.keys(spec.numbers ?? {}).filter((number) => number in group.getFields());
  const resolversOf = <R>(names: readonly string[], resolverOf: (name: string) => R) =>
    Object.fromEntries(names.map((field) => [field, resolverOf(field)]));
  return {
    [`${typeName}Connection`]: {
      groups: (connection: { groupsAt(key: string): unknown }, _args: unknown, _context: unknown, info) =>
        connection.groupsAt(String(info.path.key)),
    },
    [`${typeName}Group`]: {
      keys: (group: Group) => group,
      distinct: (group: Group, { of }: { readonly of: string }) => group.distinct(of),
      ...resolversOf(numbers, (number) => (group: Group) => group.number(number)),
      ...resolversOf(
        Object.keys(spec.ratios ?? {}),
        (ratio) =>
          (group: Group, { scale }: { readonly scale: number }) =>
            group.percent(ratio, scale),
      ),
    },
    [`${typeName}GroupKeys`]: Object.fromEntries(
      Object.entries(spec.keys).map(([key, { field, links }]) => [field, keyResolver(key, links)]),
    ),
  };
}

/** Resolves a key that is a record. The record is read like others reached through a connection. */
function keyResolver(name: string, links: GroupKey["links"]) {
  if (!links) return sourceField((group: Group) => group.shownKey(name));
  return (group: Group, _args: unknown, context: GraphContext, info: GraphQLResolveInfo) => {
    const id = group.keyValue(name) as number | null;
    return id === null ? null : followTo(context, info, links, id, context.operation.connectionCutoff);
  };
}
