import type { FieldNode, GraphQLObjectType } from "graphql";
import {
  type CollectedField,
  type CollectionInfo,
  collectFields,
  type HasSelectionSet,
  readArguments,
} from "../execution/collect-fields.ts";

/**
 * What the nodes of the field `groups` select: known beforehand, so that nothing else is read and added up. `typeName`:
 * what the names of the connection's types begin with.
 */
export function selectedGroup(info: CollectionInfo, typeName: string, groupsNodes: readonly FieldNode[]) {
  const select = (type: string, nodes: readonly HasSelectionSet[]) =>
    collectFields(info, info.schema.getType(type) as GraphQLObjectType, nodes);
  const below = (fields: readonly CollectedField[], name: string) =>
    fields.flatMap(({ definition, nodes }) => (definition.name === name ? nodes : []));
  const groups = select(`${typeName}Groups`, groupsNodes);
  const fields = select(`${typeName}Group`, below(groups, "nodes"));
  const keys = select(`${typeName}GroupKeys`, below(fields, "keys"));
  return {
    /** The fields of a group. */
    fields: new Set(fields.map(({ definition }) => definition.name)),
    /** The fields of its keys. */
    keyFields: new Set(keys.map(({ definition }) => definition.name)),
    /** The keys of which it counts the different values, by the values of the enum. */
    distinct: new Set(
      fields
        .filter(({ definition }) => definition.name === "distinct")
        .map(
          ({ definition, nodes }) =>
            readArguments(definition, nodes[0] as FieldNode, info.variableValues)().of as string,
        ),
    ),
  };
}
