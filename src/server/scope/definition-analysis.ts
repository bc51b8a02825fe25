import {
  type ASTVisitorKeyMap,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { isPerCaller, type SchemaScopes } from "./schema-scopes.ts";
import type { Scope } from "./scope.ts";

/**
 * What an operation or a fragment selects itself; the fragments that it spreads are listed, not followed. Fields count
 * even if `@skip` or `@include` omit them. Introspection needs no scope, and only its root fields count.
 */
export interface DefinitionAnalysis {
  /** Scoped elements and fragment spreads, in the order of the document. */
  readonly parts: readonly (ScopedElement | Spread)[];
  /** Nesting of fields: 1 for the fields of the definition's own selection set. */
  readonly depth: number;
  /** Fields with an alias, and fields repeated in one selection set. */
  readonly repeatedFields: number;
  /** The values of `first` and `last`: an integer, or the name of a variable. */
  readonly pageSizes: ReadonlySet<number | string>;
  /** Whether it selects a field whose value depends on who asks. */
  readonly isPerCaller: boolean;
  readonly variables: ReadonlyMap<string, VariableAnalysis>;
}

/** A field, input field or enum value that needs a scope. */
interface ScopedElement {
  readonly scope: Scope;
  /** Such as `Client.email` or `ClientFilter.email`. */
  readonly element: string;
  /** The response path of the record that the field belongs to; undefined for input. */
  readonly recordPath: string | undefined;
}

/** A fragment spread and its place. */
interface Spread {
  readonly fragment: string;
  /** Response path from the definition, such as `.unit.rooms.*`, where `*` is each element of a list. */
  readonly path: string;
  /** Nesting of the fields in the same selection set. */
  readonly depth: number;
}

/** A variable that an operation declares. */
export interface VariableAnalysis {
  /** As declared. */
  readonly type: GraphQLInputType;
  /** Whether its value may contain elements that need a scope. */
  readonly isScoped: boolean;
  /** Its default value if that is an integer. */
  readonly defaultInteger: number | undefined;
}

/** The children that are visited: all but names, types and directives. */
const visitedKeys: ASTVisitorKeyMap = {
  OperationDefinition: ["variableDefinitions", "selectionSet"],
  VariableDefinition: ["defaultValue"],
  FragmentDefinition: ["selectionSet"],
  SelectionSet: ["selections"],
  Field: ["arguments", "selectionSet"],
  InlineFragment: ["selectionSet"],
  Argument: ["value"],
  ListValue: ["values"],
  ObjectValue: ["fields"],
  ObjectField: ["value"],
};

/** Analyzes a definition of a valid document in one visit. */
export function analyzeDefinition(
  schema: GraphQLSchema,
  schemaScopes: SchemaScopes,
  definition: OperationDefinitionNode | FragmentDefinitionNode,
): DefinitionAnalysis {
  const typeInfo = new TypeInfo(schema);
  const parts: (ScopedElement | Spread)[] = [];
  const pageSizes = new Set<number | string>();
  const variables = new Map<string, VariableAnalysis>();
  let depth = 0;
  let repeatedFields = 0;
  let isOfCaller = false;
  /** Response paths of the objects around the visited node, the innermost last; there is one for each level. */
  const paths = [""];
  /** Response keys of the selection sets around the visited node, the innermost last. */
  const responseKeys: Set<string>[] = [];

  const addElement = (scope: Scope | undefined, element: string, recordPath?: string): void => {
    if (scope) parts.push({ scope, element, recordPath });
  };

  const visitor = visitWithTypeInfo(typeInfo, {
    VariableDefinition({ variable, defaultValue }) {
      const type = typeInfo.getInputType();
      if (!type) return false;
      const isScoped = schemaScopes.hasScopedElements(type);
      const defaultInteger = defaultValue?.kind === Kind.INT ? Number(defaultValue.value) : undefined;
      variables.set(variable.name.value, { type, isScoped, defaultInteger });
      return isScoped ? undefined : false;
    },
    SelectionSet: {
      enter() {
        responseKeys.push(new Set());
        depth = Math.max(depth, paths.length);
      },
      leave() {
        responseKeys.pop();
      },
    },
    Field: {
      enter({ alias, name: { value: name } }) {
        const key = alias?.value ?? name;
        const keys = responseKeys.at(-1) as Set<string>;
        if (alias || keys.has(key)) repeatedFields += 1;
        keys.add(key);
        const parent = typeInfo.getParentType();
        if (!parent || name.startsWith("__")) return false;
        const path = paths.at(-1) as string;
        for (const scope of schemaScopes.fieldScopes(parent, name))
          addElement(scope, `${parent.name}.${name}`, path);
        const field = typeInfo.getFieldDef();
        if (field && isPerCaller(field)) isOfCaller = true;
        const isList = isListType(getNullableType(field?.type));
        paths.push(isList ? `${path}.${key}.*` : `${path}.${key}`);
        return undefined;
      },
      leave() {
        paths.pop();
      },
    },
    FragmentSpread({ name }) {
      parts.push({ fragment: name.value, path: paths.at(-1) as string, depth: paths.length });
    },
    Argument({ name, value }) {
      if (name.value === "first" || name.value === "last") {
        if (value.kind === Kind.INT) pageSizes.add(Number(value.value));
        if (value.kind === Kind.VARIABLE) pageSizes.add(value.name.value);
      }
      const type = typeInfo.getInputType();
      return type && schemaScopes.hasScopedElements(type) ? undefined : false;
    },
    ObjectField({ name }) {
      const type = getNamedType(typeInfo.getParentInputType());
      if (type) addElement(schemaScopes.elementScope(type, name.value), `${type.name}.${name.value}`);
    },
    EnumValue({ value }) {
      const type = getNamedType(typeInfo.getInputType());
      if (type) addElement(schemaScopes.elementScope(type, value), `${type.name}.${value}`);
    },
  });
  visit(definition, visitor, visitedKeys);
  return { parts, depth, repeatedFields, pageSizes, isPerCaller: isOfCaller, variables };
}
