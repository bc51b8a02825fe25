import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { fragmentsOf, isOmitted, withheldName } from "../../../graph/index.ts";

/** A selected field, merged over all fragments. */
export interface SelectedField {
  readonly key: string;
  readonly type: GraphQLNamedType;
  readonly isList: boolean;
  /** Empty for a leaf. */
  readonly fields: Map<string, SelectedField>;
}

/** The variables that decide which fields `@skip` and `@include` omit; undefined to treat all fields as selected. */
type Variables = Readonly<Record<string, unknown>> | undefined;

/**
 * Returns the fields that a query selects, as a tree in document order, for every possible type of an object.
 * Omits unknown fields, which validation reports.
 */
export function selectFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): ReadonlyMap<string, SelectedField> {
  const root = new Map<string, SelectedField>();
  const queryType = schema.getQueryType();
  if (!queryType) return root;
  const fragments = fragmentsOf(document);

  /** The fragments already added to a map. */
  const visitedFragments = new Map<object, Set<object>>();

  const addField = (node: FieldNode, parent: GraphQLNamedType, into: Map<string, SelectedField>) => {
    const name = node.name.value;
    const hasFields = isObjectType(parent) || isInterfaceType(parent);
    const definition = hasFields ? parent.getFields()[name]?.type : undefined;
    const type = name === "__typename" || name === withheldName ? schema.getType("String") : definition;
    if (!type) return;
    const key = (node.alias ?? node.name).value;
    let field = into.get(key);
    if (!field) {
      field = { key, type: getNamedType(type), isList: isListType(getNullableType(type)), fields: new Map() };
      into.set(key, field);
    }
    if (node.selectionSet && isCompositeType(field.type))
      addSelections(node.selectionSet, field.type, field.fields);
  };

  const addSelections = (
    { selections }: SelectionSetNode,
    parent: GraphQLCompositeType,
    into: Map<string, SelectedField>,
  ) => {
    const visited = visitedFragments.get(into) ?? new Set();
    visitedFragments.set(into, visited);
    for (const selection of selections) {
      if (variables && isOmitted(selection, variables)) continue;
      if (selection.kind === Kind.FIELD) {
        addField(selection, parent, into);
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
      if (!fragment || visited.has(fragment)) continue;
      visited.add(fragment);
      const type = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent;
      if (isCompositeType(type)) addSelections(fragment.selectionSet, type, into);
    }
  };
  addSelections(operation.selectionSet, queryType, root);
  return root;
}

/** Returns the field at a response path; undefined if it is not selected. */
export function fieldAt(
  fields: ReadonlyMap<string, SelectedField>,
  path: readonly string[],
): SelectedField | undefined {
  const [key = "", ...rest] = path;
  const field = fields.get(key);
  return rest.length === 0 ? field : field && fieldAt(field.fields, rest);
}
