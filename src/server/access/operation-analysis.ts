import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
  type ValueNode,
} from "graphql";
import type { SchemaScopes } from "./schema-scopes.ts";
import type { Scope } from "./scope.ts";

/** What one operation asks for, found out before it costs anything. It depends on the document alone. */
export interface OperationAnalysis {
  /** Elements that need a scope, such as `Client.email` or `ClientFilter.email`. */
  readonly requiredScopes: ReadonlyMap<Scope, ReadonlySet<string>>;
  /** Paths of answer keys to the records whose secrets are read; those within a list have a `*` in them. */
  readonly secretRecordPaths: ReadonlySet<string>;
  /** Variables whose values may hold what needs a scope. */
  readonly scopedVariables: readonly { readonly name: string; readonly type: GraphQLInputType }[];
  /** What each variable is declared as, lists and non-null taken off. */
  readonly variableTypes: ReadonlyMap<string, GraphQLNamedInputType>;
  /** Fields inside fields, at most. */
  readonly depth: number;
  /** Fields with an alias, and fields repeated in one pair of braces. */
  readonly repeatedFields: number;
  readonly pageSizes: readonly PageSize[];
}

/** The size of a page: a literal, or a variable with its default. */
export type PageSize = number | { readonly variable: string; readonly defaultSize: number };

/** The largest of some pages, with an operation's variables; 0 if no size is asked for. */
export function largestPageSize(
  pageSizes: readonly PageSize[],
  variables: Readonly<Record<string, unknown>>,
): number {
  const sizes = pageSizes.map((page) =>
    typeof page === "number" ? page : Number(variables[page.variable] ?? page.defaultSize),
  );
  return Math.max(0, ...sizes.filter(Number.isFinite));
}

/**
 * Walks a valid operation, fragments included. `@skip` and `@include` count as not there: what could be read is read.
 * Introspection needs no scope and has a depth of its own.
 */
export function analyzeOperation(
  schema: GraphQLSchema,
  schemaScopes: SchemaScopes,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationAnalysis {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const requiredScopes = new Map<Scope, Set<string>>();
  const secretRecordPaths = new Set<string>();
  const pageSizes: PageSize[] = [];
  let depth = 0;
  let repeatedFields = 0;

  const requireScope = (scope: Scope, element: string) => {
    const elements = requiredScopes.get(scope) ?? new Set();
    requiredScopes.set(scope, elements.add(element));
  };

  function visitSelectionSet(
    set: SelectionSetNode,
    parent: GraphQLCompositeType,
    path: string,
    level: number,
  ): void {
    depth = Math.max(depth, level);
    const seen = new Set<string>();
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        if (node.alias || seen.has(key)) repeatedFields += 1;
        seen.add(key);
        visitField(node, parent, path, `${path}.${key}`, level);
      } else {
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
        const condition = fragment?.typeCondition && typeFromAST(schema, fragment.typeCondition);
        const type = condition && isCompositeType(condition) ? condition : parent;
        if (fragment) visitSelectionSet(fragment.selectionSet, type, path, level);
      }
    }
  }

  function visitField(
    node: FieldNode,
    parent: GraphQLCompositeType,
    parentPath: string,
    path: string,
    level: number,
  ) {
    const name = node.name.value;
    if (name.startsWith("__") || isUnionType(parent)) return;
    const definition = parent.getFields()[name];
    if (!definition) return;
    for (const scope of schemaScopes.fieldScopes(parent, name)) {
      requireScope(scope, `${parent.name}.${name}`);
      if (scope === "SECRETS") secretRecordPaths.add(parentPath);
    }
    for (const argument of node.arguments ?? []) visitArgument(argument, definition);
    const type = getNamedType(definition.type);
    const childPath = isListType(getNullableType(definition.type)) ? `${path}.*` : path;
    if (node.selectionSet && isCompositeType(type))
      visitSelectionSet(node.selectionSet, type, childPath, level + 1);
  }

  function visitArgument({ name, value }: ArgumentNode, definition: GraphQLField<unknown, unknown>): void {
    const type = definition.args.find((each) => each.name === name.value)?.type;
    if (!type) return;
    if (name.value === "first" || name.value === "last") {
      if (value.kind === Kind.INT) pageSizes.push(Number(value.value));
      if (value.kind === Kind.VARIABLE) {
        const variable = value.name.value;
        const definitionNode = operation.variableDefinitions?.find(
          (each) => each.variable.name.value === variable,
        );
        const defaultSize =
          definitionNode?.defaultValue?.kind === Kind.INT ? Number(definitionNode.defaultValue.value) : 0;
        pageSizes.push({ variable, defaultSize });
      }
    }
    visitValue(value, type);
  }

  function visitValue(value: ValueNode, type: GraphQLInputType): void {
    if (!schemaScopes.hasScopedElements(type)) return;
    const named = getNamedType(type);
    if (value.kind === Kind.LIST) for (const each of value.values) visitValue(each, type);
    if (value.kind === Kind.ENUM)
      requireIfScoped(named.name, value.value, schemaScopes.elementScope(named, value.value));
    if (value.kind !== Kind.OBJECT || !isInputObjectType(named)) return;
    for (const each of value.fields) {
      const inner = named.getFields()[each.name.value];
      requireIfScoped(named.name, each.name.value, schemaScopes.elementScope(named, each.name.value));
      if (inner) visitValue(each.value, inner.type);
    }
  }

  const requireIfScoped = (type: string, element: string, scope: Scope | undefined) => {
    if (scope) requireScope(scope, `${type}.${element}`);
  };

  const variableTypes = new Map<string, GraphQLNamedInputType>();
  const scopedVariables = (operation.variableDefinitions ?? []).flatMap(
    ({ variable, type: node, defaultValue }) => {
      const type = typeFromAST(schema, node) as GraphQLInputType | undefined;
      if (type) variableTypes.set(variable.name.value, getNamedType(type));
      if (!type || !schemaScopes.hasScopedElements(type)) return [];
      if (defaultValue) visitValue(defaultValue, type);
      return [{ name: variable.name.value, type }];
    },
  );
  const root = schema.getRootType(operation.operation);
  if (root) visitSelectionSet(operation.selectionSet, root, "", 1);
  return {
    requiredScopes,
    secretRecordPaths,
    scopedVariables,
    variableTypes,
    depth,
    repeatedFields,
    pageSizes,
  };
}

/** Elements of a variable's value that need a scope; told by calling `need` for each. */
export function visitVariableValue(
  schemaScopes: SchemaScopes,
  value: unknown,
  type: GraphQLInputType,
  onRequiredScope: (scope: Scope, element: string) => void,
): void {
  if (value === null || value === undefined || !schemaScopes.hasScopedElements(type)) return;
  const named = getNamedType(type);
  if (Array.isArray(value)) {
    for (const each of value) visitVariableValue(schemaScopes, each, type, onRequiredScope);
  } else if (isInputObjectType(named) && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      const scope = schemaScopes.elementScope(named, key);
      if (scope && inner !== undefined) onRequiredScope(scope, `${named.name}.${key}`);
      const definition = named.getFields()[key];
      if (definition) visitVariableValue(schemaScopes, inner, definition.type, onRequiredScope);
    }
  } else if (typeof value === "string") {
    const scope = schemaScopes.elementScope(named, value);
    if (scope) onRequiredScope(scope, `${named.name}.${value}`);
  }
}
