import {
  type ASTVisitorKeyMap,
  type DocumentNode,
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
import { fragmentsOf } from "../../graph/index.ts";
import { isPerCaller, readSchemaScopes, type SchemaScopes } from "./schema-scopes.ts";
import type { Scope } from "./scope.ts";

/**
 * The analysis of an operation or fragment, including its spreads. Fields count even if `@skip` or `@include` omit
 * them. Introspection needs no scope; only its root fields count. It depends only on the document, so it is known
 * before execution.
 */
export interface OperationAnalysis {
  /** Elements that need a scope, such as `Client.email` or `ClientFilter.email`, in document order. */
  readonly requiredScopes: ReadonlyMap<Scope, ReadonlySet<string>>;
  /** Response paths, such as `.unit.rooms.*`, of the records whose secrets are read; `*` is each element of a list. */
  readonly secretRecordPaths: ReadonlySet<string>;
  /** The nesting of fields: 1 for those of the definition's own selection set. */
  readonly depth: number;
  /** Aliased fields, and fields repeated in one selection set; each spread counts the fields of its fragment. */
  readonly repeatedFields: number;
  /** The values of `first` and `last`: an integer, or the name of a variable. */
  readonly pageSizes: ReadonlySet<number | string>;
  /** Whether its answer depends on the caller, beyond scopes. */
  readonly isPerCaller: boolean;
  /** The variables that it declares. */
  readonly variables: ReadonlyMap<string, VariableAnalysis>;
}

/** A variable declared by an operation. */
export interface VariableAnalysis {
  /** As declared. */
  readonly type: GraphQLInputType;
  /** Whether its value may contain elements that need a scope. */
  readonly isScoped: boolean;
  /** Its default value, if that is an integer. */
  readonly defaultInteger: number | undefined;
}

/** The children to visit: all but names, types and directives. */
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

/** Analyzes a definition of a valid document. `fragments`: the analyses of the fragments that it spreads. */
function analyzeDefinition(
  schema: GraphQLSchema,
  schemaScopes: SchemaScopes,
  definition: OperationDefinitionNode | FragmentDefinitionNode,
  fragments: ReadonlyMap<string, OperationAnalysis | undefined>,
): OperationAnalysis {
  const typeInfo = new TypeInfo(schema);
  const requiredScopes = new Map<Scope, Set<string>>();
  const secretRecordPaths = new Set<string>();
  const pageSizes = new Set<number | string>();
  const variables = new Map<string, VariableAnalysis>();
  let depth = 0;
  let repeatedFields = 0;
  let isOfCaller = false;
  /** The response paths of the objects around the visited node, innermost last; one per level. */
  const paths = [""];
  /** The response keys of the selection sets around the visited node, innermost last. */
  const responseKeys: Set<string>[] = [];

  const addElement = (scope: Scope | undefined, element: string) => {
    if (scope) requiredScopes.set(scope, (requiredScopes.get(scope) ?? new Set()).add(element));
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
        for (const scope of schemaScopes.fieldScopes(parent, name)) {
          addElement(scope, `${parent.name}.${name}`);
          if (scope === "SECRETS") secretRecordPaths.add(path);
        }
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
      const fragment = fragments.get(name.value);
      if (!fragment) return;
      for (const [scope, elements] of fragment.requiredScopes)
        for (const element of elements) addElement(scope, element);
      for (const path of fragment.secretRecordPaths) secretRecordPaths.add(`${paths.at(-1)}${path}`);
      for (const size of fragment.pageSizes) pageSizes.add(size);
      // The fragment's root fields have the depth of the spread.
      depth = Math.max(depth, paths.length + fragment.depth - 1);
      repeatedFields += fragment.repeatedFields;
      isOfCaller ||= fragment.isPerCaller;
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
  const counts = { depth, repeatedFields, pageSizes, variables, isPerCaller: isOfCaller };
  return { requiredScopes, secretRecordPaths, ...counts };
}

/** Creates an analyzer of operations for one schema. Each is analyzed once per parsed document. */
export function createOperationAnalyzer(schema: GraphQLSchema) {
  const schemaScopes = readSchemaScopes(schema);
  const analyses = new WeakMap<OperationDefinitionNode, OperationAnalysis>();
  return {
    schema,
    schemaScopes,
    /** `document` must be valid, and `operation` one of its operations. */
    analyze(document: DocumentNode, operation: OperationDefinitionNode): OperationAnalysis {
      let analysis = analyses.get(operation);
      if (!analysis) {
        analysis = analyzeOperation(schema, schemaScopes, document, operation);
        analyses.set(operation, analysis);
      }
      return analysis;
    },
  };
}

export type OperationAnalyzer = ReturnType<typeof createOperationAnalyzer>;

/** Visits the operation once, and each fragment once, however often it is spread. */
function analyzeOperation(
  schema: GraphQLSchema,
  schemaScopes: SchemaScopes,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationAnalysis {
  const fragments = fragmentsOf(document);
  const analyses = new Map<string, OperationAnalysis | undefined>();

  /** Analyzes the spread fragments first. A visit within a visit would take more of the stack. */
  function analyze(definition: OperationDefinitionNode | FragmentDefinitionNode): OperationAnalysis {
    const spreads = new Set<string>();
    visit(definition, { FragmentSpread: ({ name }) => void spreads.add(name.value) }, visitedKeys);
    for (const name of spreads) {
      const fragment = fragments[name];
      if (!fragment || analyses.has(name)) continue;
      // Validation refuses a fragment that spreads itself; such a spread adds nothing here.
      analyses.set(name, undefined);
      analyses.set(name, analyze(fragment));
    }
    return analyzeDefinition(schema, schemaScopes, definition, analyses);
  }

  return analyze(operation);
}

/** Returns the largest page that an operation asks for with these variables; 0 for none. */
export function largestPageSize(
  { pageSizes, variables: declared }: OperationAnalysis,
  variables: Readonly<Record<string, unknown>>,
): number {
  const sizes = [...pageSizes].map((size) =>
    typeof size === "number" ? size : Number(variables[size] ?? declared.get(size)?.defaultInteger ?? 0),
  );
  return Math.max(0, ...sizes.filter(Number.isFinite));
}
