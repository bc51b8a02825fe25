import { getDirective } from "@graphql-tools/utils";
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
} from "graphql";
import { type Kind, kindDefinitions, type Level, requiredLevel } from "../../catalog/index.ts";
import { collectFieldNames, collectFields } from "../execution/collect-fields.ts";
import type { Scope } from "../generated.ts";

/** The scopes other than READ that fields of records require, by coordinate: `Client.email`. */
export type ScopeByField = ReadonlyMap<string, Scope>;

/** Collects the required scopes from the `@requiresScope` directives of the schema. */
export function collectRequiredScopes(schema: GraphQLSchema): ScopeByField {
  const requiredScopes = new Map<string, Scope>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const [directive] = getDirective(schema, field, "requiresScope") ?? [];
      const scope = directive?.scope;
      if (scope && scope !== "READ") requiredScopes.set(`${type.name}.${field.name}`, scope);
    }
  }
  return requiredScopes;
}

/**
 * The record fields that a computed field needs, by type name and field name. Any other field needs the record field of
 * its own name.
 */
export type RequiredFields = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Fields that are known before a record is read. */
const alwaysKnown = new Set(["__typename", "id", "almaId"]);

/**
 * The level at which a record of any of these kinds must be known for what is selected below a field. It is computed
 * before the record is read, so that one call brings everything, and a list suffices for summary fields.
 */
export function selectedLevel(
  info: GraphQLResolveInfo,
  candidateKinds: readonly Kind[],
  requiredFields: RequiredFields,
): Level {
  return Math.max(...candidateKinds.map((kind) => requiredLevelOfKind(info, kind, requiredFields))) as Level;
}

/** The fields that select a connection's records. `typeName`: what the names of the connection's types begin with. */
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
 * The levels computed so far, by the nodes of a field and the kind. An execution makes one array of nodes for all
 * values of a field, so that a cached level is used only with the same variables.
 */
const levelsByNodes = new WeakMap<readonly FieldNode[], Map<Kind, Level>>();

function requiredLevelOfKind(info: GraphQLResolveInfo, kind: Kind, requiredFields: RequiredFields) {
  const levels = levelsByNodes.get(info.fieldNodes) ?? new Map<Kind, Level>();
  levelsByNodes.set(info.fieldNodes, levels);
  const known = levels.get(kind);
  if (known !== undefined) return known;
  const { typeName, summaryFields: summary } = kindDefinitions[kind];
  const requiredByField = requiredFields[typeName] ?? {};
  const names = [...collectFieldNames(info, typeName)].filter((name) => !alwaysKnown.has(name));
  const level = requiredLevel(
    summary,
    names.flatMap((name) => requiredByField[name] ?? [name]),
  );
  levels.set(kind, level);
  return level;
}
