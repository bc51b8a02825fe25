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
import type { Annotations } from "./annotation.ts";
import type { Scope } from "./scope.ts";

/** What one operation asks for, found out before it costs anything. It depends on the document alone. */
export interface Survey {
  /** Elements that need a scope, such as `Client.email` or `ClientFilter.email`. */
  readonly needs: ReadonlyMap<Scope, ReadonlySet<string>>;
  /** Paths of answer keys to the records whose secrets are read; those within a list have a `*` in them. */
  readonly secrets: ReadonlySet<string>;
  /** Variables whose values may hold what needs a scope. */
  readonly guardedVariables: readonly { readonly name: string; readonly type: GraphQLInputType }[];
  /** What each variable is declared as, lists and non-null taken off. */
  readonly variables: ReadonlyMap<string, GraphQLNamedInputType>;
  /** Fields inside fields, at most. */
  readonly depth: number;
  /** Fields with an alias, and fields repeated in one pair of braces. */
  readonly repeats: number;
  readonly pages: readonly Page[];
}

/** The size of a page: a literal, or a variable with its default. */
export type Page = number | { readonly variable: string; readonly otherwise: number };

/** The largest of some pages, with an operation's variables; 0 if no size is asked for. */
export function largestPage(pages: readonly Page[], variables: Readonly<Record<string, unknown>>): number {
  const sizes = pages.map((page) =>
    typeof page === "number" ? page : Number(variables[page.variable] ?? page.otherwise),
  );
  return Math.max(0, ...sizes.filter(Number.isFinite));
}

/**
 * Walks a valid operation, fragments included. `@skip` and `@include` count as not there: what could be read is read.
 * Introspection needs no scope and has a depth of its own.
 */
export function survey(
  schema: GraphQLSchema,
  annotations: Annotations,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Survey {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const needs = new Map<Scope, Set<string>>();
  const secrets = new Set<string>();
  const pages: Page[] = [];
  let depth = 0;
  let repeats = 0;

  const need = (scope: Scope, element: string) => {
    const elements = needs.get(scope) ?? new Set();
    needs.set(scope, elements.add(element));
  };

  function selections(
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
        if (node.alias || seen.has(key)) repeats += 1;
        seen.add(key);
        field(node, parent, path, `${path}.${key}`, level);
      } else {
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
        const condition = fragment?.typeCondition && typeFromAST(schema, fragment.typeCondition);
        const type = condition && isCompositeType(condition) ? condition : parent;
        if (fragment) selections(fragment.selectionSet, type, path, level);
      }
    }
  }

  function field(
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
    for (const scope of annotations.field(parent, name)) {
      need(scope, `${parent.name}.${name}`);
      if (scope === "SECRETS") secrets.add(parentPath);
    }
    for (const argument of node.arguments ?? []) readArgument(argument, definition);
    const type = getNamedType(definition.type);
    const below = isListType(getNullableType(definition.type)) ? `${path}.*` : path;
    if (node.selectionSet && isCompositeType(type)) selections(node.selectionSet, type, below, level + 1);
  }

  function readArgument({ name, value }: ArgumentNode, definition: GraphQLField<unknown, unknown>): void {
    const type = definition.args.find((each) => each.name === name.value)?.type;
    if (!type) return;
    if (name.value === "first" || name.value === "last") {
      if (value.kind === Kind.INT) pages.push(Number(value.value));
      if (value.kind === Kind.VARIABLE) {
        const variable = value.name.value;
        const declared = operation.variableDefinitions?.find((each) => each.variable.name.value === variable);
        const otherwise = declared?.defaultValue?.kind === Kind.INT ? Number(declared.defaultValue.value) : 0;
        pages.push({ variable, otherwise });
      }
    }
    literal(value, type);
  }

  function literal(value: ValueNode, type: GraphQLInputType): void {
    if (!annotations.guarded(type)) return;
    const named = getNamedType(type);
    if (value.kind === Kind.LIST) for (const each of value.values) literal(each, type);
    if (value.kind === Kind.ENUM) guard(named.name, value.value, annotations.inside(named, value.value));
    if (value.kind !== Kind.OBJECT || !isInputObjectType(named)) return;
    for (const each of value.fields) {
      const inner = named.getFields()[each.name.value];
      guard(named.name, each.name.value, annotations.inside(named, each.name.value));
      if (inner) literal(each.value, inner.type);
    }
  }

  const guard = (type: string, element: string, scope: Scope | undefined) => {
    if (scope) need(scope, `${type}.${element}`);
  };

  const variables = new Map<string, GraphQLNamedInputType>();
  const guardedVariables = (operation.variableDefinitions ?? []).flatMap(
    ({ variable, type: node, defaultValue }) => {
      const type = typeFromAST(schema, node) as GraphQLInputType | undefined;
      if (type) variables.set(variable.name.value, getNamedType(type));
      if (!type || !annotations.guarded(type)) return [];
      if (defaultValue) literal(defaultValue, type);
      return [{ name: variable.name.value, type }];
    },
  );
  const root = schema.getRootType(operation.operation);
  if (root) selections(operation.selectionSet, root, "", 1);
  return { needs, secrets, guardedVariables, variables, depth, repeats, pages };
}

/** Elements of a variable's value that need a scope; told by calling `need` for each. */
export function readVariable(
  annotations: Annotations,
  value: unknown,
  type: GraphQLInputType,
  need: (scope: Scope, element: string) => void,
): void {
  if (value === null || value === undefined || !annotations.guarded(type)) return;
  const named = getNamedType(type);
  if (Array.isArray(value)) {
    for (const each of value) readVariable(annotations, each, type, need);
  } else if (isInputObjectType(named) && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      const scope = annotations.inside(named, key);
      if (scope && inner !== undefined) need(scope, `${named.name}.${key}`);
      const definition = named.getFields()[key];
      if (definition) readVariable(annotations, inner, definition.type, need);
    }
  } else if (typeof value === "string") {
    const scope = annotations.inside(named, value);
    if (scope) need(scope, `${named.name}.${value}`);
  }
}
