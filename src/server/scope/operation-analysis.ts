import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { analyzeDefinition, type DefinitionAnalysis, type VariableAnalysis } from "./definition-analysis.ts";
import { readSchemaScopes, type SchemaScopes } from "./schema-scopes.ts";
import type { Scope } from "./scope.ts";

/** What an operation asks for. It depends on the document alone, and so is known before execution. */
export interface OperationAnalysis extends SelectionAnalysis {
  readonly variables: ReadonlyMap<string, VariableAnalysis>;
}

/** What an operation or a fragment asks for, the fragments that it spreads included. */
interface SelectionAnalysis {
  /** Elements that need a scope, such as `Client.email` or `ClientFilter.email`, in the order of the document. */
  readonly requiredScopes: ReadonlyMap<Scope, ReadonlySet<string>>;
  /** Response paths, such as `.unit.rooms.*`, of the records whose secrets are read; `*` is each element of a list. */
  readonly secretRecordPaths: ReadonlySet<string>;
  /** Nesting of fields: 1 for root fields. */
  readonly depth: number;
  /** Fields with an alias, and fields repeated in one selection set; each spread counts the fields of its fragment. */
  readonly repeatedFields: number;
  /** The values of `first` and `last`: an integer, or the name of a variable. */
  readonly pageSizes: ReadonlySet<number | string>;
  /** Whether its answer depends on who asks, and not only on their scopes. */
  readonly isPerCaller: boolean;
}

/** Analyzes the operations of one schema, each once per parsed document. */
export function createOperationAnalyzer(schema: GraphQLSchema) {
  const schemaScopes = readSchemaScopes(schema);
  const analyses = new WeakMap<OperationDefinitionNode, OperationAnalysis>();
  return {
    schemaScopes,
    /** `document` is valid, and `operation` is one of its operations. */
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
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
): OperationAnalysis {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const analyses = new Map<string, SelectionAnalysis | undefined>();

  function analyzeFragment(name: string): SelectionAnalysis | undefined {
    const fragment = fragments.get(name);
    if (!fragment || analyses.has(name)) return analyses.get(name);
    // Validation refuses a fragment that spreads itself; here such a spread adds nothing.
    analyses.set(name, undefined);
    const analysis = includeFragments(analyzeDefinition(schema, schemaScopes, fragment), analyzeFragment);
    analyses.set(name, analysis);
    return analysis;
  }

  const definition = analyzeDefinition(schema, schemaScopes, operation);
  return { ...includeFragments(definition, analyzeFragment), variables: definition.variables };
}

/** Adds the analyses of the fragments that a definition spreads to its own analysis. */
function includeFragments(
  definition: DefinitionAnalysis,
  analyzeFragment: (name: string) => SelectionAnalysis | undefined,
): SelectionAnalysis {
  const requiredScopes = new Map<Scope, Set<string>>();
  const secretRecordPaths = new Set<string>();
  const pageSizes = new Set(definition.pageSizes);
  let { depth, repeatedFields, isPerCaller } = definition;

  const requireScope = (scope: Scope, element: string): void => {
    const elements = requiredScopes.get(scope);
    if (elements) elements.add(element);
    else requiredScopes.set(scope, new Set([element]));
  };

  for (const part of definition.parts) {
    if ("scope" in part) {
      requireScope(part.scope, part.element);
      if (part.scope === "SECRETS" && part.recordPath !== undefined) secretRecordPaths.add(part.recordPath);
      continue;
    }
    const fragment = analyzeFragment(part.fragment);
    if (!fragment) continue;
    for (const [scope, elements] of fragment.requiredScopes)
      for (const element of elements) requireScope(scope, element);
    for (const path of fragment.secretRecordPaths) secretRecordPaths.add(part.path + path);
    for (const size of fragment.pageSizes) pageSizes.add(size);
    // The fragment's root fields have the depth of the spread.
    depth = Math.max(depth, part.depth + fragment.depth - 1);
    repeatedFields += fragment.repeatedFields;
    isPerCaller ||= fragment.isPerCaller;
  }
  return { requiredScopes, secretRecordPaths, depth, repeatedFields, pageSizes, isPerCaller };
}

/** The largest page that an operation asks for with these variables; 0 if it asks for no size. */
export function largestPageSize(
  { pageSizes, variables: declared }: OperationAnalysis,
  variables: Readonly<Record<string, unknown>>,
): number {
  const sizes = [...pageSizes].map((size) =>
    typeof size === "number" ? size : Number(variables[size] ?? declared.get(size)?.defaultInteger ?? 0),
  );
  return Math.max(0, ...sizes.filter(Number.isFinite));
}
