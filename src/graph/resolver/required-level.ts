import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from "graphql";
import { type Kind, kindDefinitions, type Level, requiredLevel } from "../../catalog/index.ts";
import { collectFieldNames, collectFields } from "../execution/collect-fields.ts";
import type { GraphContext } from "./context.ts";

/** Fields known before a record is read. */
const alwaysKnown = new Set(["__typename", "id", "almaId"]);

/**
 * Returns the level at which records of these kinds must be known for the selection of a field. It is computed before
 * reading, so that one call suffices, or a list if only summary fields are selected.
 */
export function selectedLevel(
  context: GraphContext,
  info: GraphQLResolveInfo,
  candidateKinds: readonly Kind[],
): Level {
  return Math.max(...candidateKinds.map((kind) => requiredLevelOfKind(context, info, kind))) as Level;
}

/**
 * Returns the nodes that select a connection's records. `typeName`: the prefix of the connection's type
 * names.
 */
export function pageNodes(info: GraphQLResolveInfo, typeName: string): readonly FieldNode[] {
  const selectNodes = (nodes: readonly FieldNode[], type: string, field: string) =>
    collectFields(info, info.schema.getType(type) as GraphQLObjectType, nodes).flatMap(
      ({ definition, nodes }) => (definition.name === field ? nodes : []),
    );
  const connection = `${typeName}Connection`;
  const edges = selectNodes(info.fieldNodes, connection, "edges");
  return [
    ...selectNodes(info.fieldNodes, connection, "nodes"),
    ...selectNodes(edges, `${typeName}Edge`, "node"),
  ];
}

/**
 * Levels by field nodes and kind. Each execution has one array of nodes per field, so cached levels are reused only
 * with the same variables.
 */
const levelsByNodes = new WeakMap<readonly FieldNode[], Map<Kind, Level>>();

function requiredLevelOfKind({ settings }: GraphContext, info: GraphQLResolveInfo, kind: Kind) {
  const levels = levelsByNodes.get(info.fieldNodes) ?? new Map<Kind, Level>();
  levelsByNodes.set(info.fieldNodes, levels);
  const known = levels.get(kind);
  if (known !== undefined) return known;
  const { typeName, summaryFields: summary } = kindDefinitions[kind];
  const requiredByField = settings.requiredFields[typeName] ?? {};
  const names = [...collectFieldNames(info, typeName)].filter((name) => !alwaysKnown.has(name));
  const level = requiredLevel(
    summary,
    names.flatMap((name) => requiredByField[name] ?? [name]),
  );
  levels.set(kind, level);
  return level;
}
