import {
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  type SelectionSetNode,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";
import { maxText } from "../../alma/index.ts";
import type { Config } from "../../config/index.ts";
import { numberTooLarge } from "../body/json-limits.ts";
import { tooLargeError, tooLongTextError, tooRepetitiveError } from "./operation-limits.ts";

/** The limits of a document. */
export type DocumentLimits = Pick<Config, "maxAliases" | "maxTokens">;

/** Parses and validates a document of the gateway itself within the usual limits. Throws its first GraphQLError. */
export function readDocument(text: string, schema: GraphQLSchema, limits: DocumentLimits): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: limits.maxTokens });
  } catch (error) {
    if (error instanceof RangeError)
      throw new GraphQLError("It is nested too deeply.", { extensions: { limit: "MAX_DEPTH" } });
    throw error;
  }
  const [error] = validate(schema, document, [documentSizeRule(limits), ...specifiedRules], { maxErrors: 1 });
  if (error) throw error;
  return document;
}

/**
 * Refuses documents that are expensive to validate: those that repeat too many fields in a definition, since validation
 * compares them in pairs, and those whose fragments multiply each other. For these, the rule runs at the root and
 * empties the document, so that other rules do no work and add no errors. Also refuses texts that are too long, and
 * numbers that are too large.
 */
export function documentSizeRule(limits: DocumentLimits): ValidationRule {
  return (context) => {
    // GraphQL would take it for infinite, which JSON writes as null.
    const limitNumber = ({ value }: { readonly value: string }) => {
      if (!Number.isFinite(Number(value))) context.reportError(new GraphQLError(numberTooLarge.message));
    };
    return {
      IntValue: limitNumber,
      FloatValue: limitNumber,
      Document(node: DocumentNode) {
        const error = findSizeError(node, limits.maxAliases, limits.maxTokens * 10);
        if (error === undefined) return;
        context.reportError(error);
        (node as { definitions: readonly DefinitionNode[] }).definitions = [];
      },
      StringValue({ value }) {
        if (value.length > maxText) context.reportError(tooLongTextError(value.length));
      },
    };
  };
}

/** The size of one definition. Fragment spreads are listed, not followed. */
interface DefinitionSize {
  /** Aliased fields, and fields repeated in one selection set. */
  readonly repeatedFields: number;
  /** Fields, inline fragments and spreads. */
  readonly selections: number;
  readonly spreads: readonly string[];
}

function findSizeError({ definitions }: DocumentNode, maxAliases: number, maxSelections: number) {
  const operations: DefinitionSize[] = [];
  const fragments = new Map<string, DefinitionSize>();
  for (const definition of definitions) {
    if (!("selectionSet" in definition) || !definition.selectionSet) continue;
    const size = measureSelections(definition.selectionSet);
    if (size.repeatedFields > maxAliases) return tooRepetitiveError(size.repeatedFields, maxAliases);
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, size);
    else operations.push(size);
  }
  const countSelections = createSelectionCounter(fragments);
  if (operations.every((operation) => countSelections(operation) <= maxSelections)) return undefined;
  const problem = `has more than ${maxSelections} fields when its fragments are followed`;
  return tooLargeError("MAX_TOKENS", problem, "Use each fragment in fewer places");
}

/** Iterates without recursion, since a document may be nested deeper than the stack allows. */
function measureSelections(root: SelectionSetNode): DefinitionSize {
  let repeatedFields = 0;
  let selections = 0;
  const spreads: string[] = [];
  const sets = [root];
  for (const set of sets) {
    const seen = new Set<string>();
    selections += set.selections.length;
    for (const node of set.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        spreads.push(node.name.value);
        continue;
      }
      if (node.selectionSet) sets.push(node.selectionSet);
      if (node.kind !== Kind.FIELD) continue;
      if (node.alias || seen.has(node.name.value)) repeatedFields += 1;
      seen.add(node.name.value);
    }
  }
  return { repeatedFields, selections, spreads };
}

/** Returns a function that counts the selections of a definition, including its fragments once per spread. */
function createSelectionCounter(fragments: ReadonlyMap<string, DefinitionSize>) {
  const counts = new Map<string, number>();
  const countSelections = ({ selections, spreads }: DefinitionSize): number =>
    spreads.reduce((sum, name) => sum + countFragment(name), selections);
  function countFragment(name: string): number {
    const known = counts.get(name);
    if (known !== undefined) return known;
    // A fragment that spreads itself is counted as 0; validation refuses it.
    counts.set(name, 0);
    const fragment = fragments.get(name);
    const count = fragment ? countSelections(fragment) : 0;
    counts.set(name, count);
    return count;
  }
  return countSelections;
}
