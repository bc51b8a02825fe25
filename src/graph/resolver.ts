import type { IResolvers } from "@graphql-tools/utils";
import { type GraphQLSchema, isObjectType } from "graphql";
import { facts, type Kind, type Level, levelOf, SUMMARY } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import type { AnyEntity, Edge } from "./entity.ts";
import type { Handle } from "./handle.ts";
import type { Needs } from "./need.ts";

type Resolvers = Record<string, (handle: Handle, args: never, context: GraphContext, info: never) => unknown>;

/** What the edges of each type need, by type and field. */
export function needsOf(entities: readonly AnyEntity[]): Needs {
  return Object.fromEntries(
    entities.map(({ kind, edges }) => [
      facts[kind].typeName,
      Object.fromEntries(Object.entries(edges).map(([name, edge]) => [name, edge.needs])),
    ]),
  );
}

/** The resolvers of an entity's type: its ids, its edges, and every other field as a value of the record. */
export function resolversOf(schema: GraphQLSchema, { kind, edges }: AnyEntity): IResolvers {
  const { typeName, summary } = facts[kind];
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`The schema has no object type ${typeName}.`);
  const resolvers: Resolvers = {};
  for (const name of Object.keys(type.getFields())) {
    const edge = (edges as Record<string, Edge<Kind> | undefined>)[name];
    resolvers[name] = edge ? resolveEdge(edge, summary) : resolveValue(name, summary);
  }
  resolvers.id = ({ entry }) => entry.key;
  resolvers.almaId = ({ entry }) => entry.id;
  return { [typeName]: resolvers } as IResolvers;
}

function resolveValue(name: string, summary: readonly string[]): Resolvers[string] {
  const level = levelOf(summary, [name]);
  return (handle) => handle.read(name, level);
}

function resolveEdge(edge: Edge<Kind>, summary: readonly string[]): Resolvers[string] {
  const level: Level = levelOf(summary, edge.needs);
  return (handle, args, context, info) => {
    const ready = level >= SUMMARY ? handle.ensure(level) : undefined;
    if (!ready) return edge.resolve(handle, args, context, info);
    return ready.then(() => edge.resolve(handle, args, context, info));
  };
}
