import {
  type ASTVisitorKeyMap,
  type DocumentNode,
  type FieldNode,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { LRUCache } from "lru-cache";
import { withholdField } from "../../graph/index.ts";
import type { OperationAnalyzer } from "./operation-analysis.ts";
import { type Scope, scopes } from "./scope.ts";

/** A document executed instead of the requested one. */
interface ReducedDocument {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** The maximum number of reduced documents kept per operation, with their plans. */
const MAX_KEPT = 4;
const kept = new WeakMap<OperationDefinitionNode, LRUCache<string, ReducedDocument>>();

/** Only selections are visited. */
const visitedKeys: ASTVisitorKeyMap = {
  OperationDefinition: ["selectionSet"],
  FragmentDefinition: ["selectionSet"],
  SelectionSet: ["selections"],
  Field: ["selectionSet"],
  InlineFragment: ["selectionSet"],
};

/**
 * Returns an operation with the fragments of its document, without the parts that `@skip` and `@include` omit, and with
 * nulls for the fields that need one of the `withheld` scopes. `variables` are coerced. Each definition is visited
 * once.
 */
export function reduceDocument(
  { schema, schemaScopes }: OperationAnalyzer,
  { document, operation }: ReducedDocument,
  variables: Readonly<Record<string, unknown>>,
  withheld: readonly Scope[],
): ReducedDocument {
  const flags = Object.entries(variables).filter(([, value]) => typeof value === "boolean");
  const key = JSON.stringify([withheld, flags]);
  const ofOperation = kept.get(operation) ?? new LRUCache({ max: MAX_KEPT });
  kept.set(operation, ofOperation);
  const known = ofOperation.get(key);
  if (known) return known;
  const types = new TypeInfo(schema);
  const omit = (node: SelectionNode) => (isOmitted(node, variables) ? null : undefined);
  const visitor = visitWithTypeInfo(types, {
    Field(node: FieldNode) {
      if (isOmitted(node, variables)) return null;
      const parent = types.getParentType();
      const scopes = parent ? schemaScopes.fieldScopes(parent, node.name.value) : [];
      const missing = scopes.filter((scope) => withheld.includes(scope));
      return parent && missing.length > 0 ? withholdField(node, parent.name, missing) : undefined;
    },
    InlineFragment: omit,
    FragmentSpread: omit,
  });
  // Always creates a new node, because an operation is analyzed with its fragments.
  const own = { ...visit(operation, visitor, visitedKeys) };
  const fragments = document.definitions
    .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    .map((definition) => visit(definition, visitor, visitedKeys));
  const reduced = { document: { ...document, definitions: [own, ...fragments] }, operation: own };
  ofOperation.set(key, reduced);
  return reduced;
}

/** Returns whether an operation asks for nulls in fields whose scopes are missing. */
export const isWithholding = ({ directives = [] }: OperationDefinitionNode): boolean =>
  directives.some(({ name }) => name.value === "missingScopes");

/** Returns the scopes that an operation needs, whatever its variables. */
export function findNeededScopes(analyzer: OperationAnalyzer, original: ReducedDocument): Scope[] {
  const withheld = isWithholding(original.operation) ? scopes.filter((scope) => scope !== "READ") : [];
  const { document, operation } = reduceDocument(analyzer, original, {}, withheld);
  return [...analyzer.analyze(document, operation).requiredScopes.keys()];
}

/** A value that is not a boolean omits nothing; execution refuses it. */
function isOmitted({ directives }: SelectionNode, variables: Readonly<Record<string, unknown>>) {
  return (directives ?? []).some(({ name, arguments: [condition] = [] }) => {
    const { value } = condition ?? {};
    const flag =
      value?.kind === Kind.VARIABLE
        ? variables[value.name.value]
        : value?.kind === Kind.BOOLEAN && value.value;
    return (
      (name.value === GraphQLSkipDirective.name && flag === true) ||
      (name.value === GraphQLIncludeDirective.name && flag === false)
    );
  });
}
