import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from "graphql";
import { tooLargeError, tooRepetitiveError } from "./operation-limits.ts";

/**
 * Refuses, before anything else is looked at, a document that would take long to look at: one with a definition that
 * repeats too much, since fields are compared with each other, which takes the square of their number; and one whose
 * fragments multiply each other. The rest of such a document is not read, so that it gets this one error.
 */
export function documentSizeRule(limits: {
  readonly maxAliases: number;
  readonly maxTokens: number;
}): ValidationRule {
  return (context) => ({
    Document(node: DocumentNode) {
      const error = findRepetition(node, limits.maxAliases) ?? findFragmentExpansion(node, limits.maxTokens);
      if (error === undefined) return;
      context.reportError(error);
      (node as { definitions: readonly DefinitionNode[] }).definitions = [];
    },
  });
}

function findRepetition({ definitions }: DocumentNode, maxRepeats: number): GraphQLError | undefined {
  for (const definition of definitions) {
    const repeats =
      "selectionSet" in definition && definition.selectionSet ? countRepeats(definition.selectionSet) : 0;
    if (repeats > maxRepeats) return tooRepetitiveError(repeats, maxRepeats);
  }
  return undefined;
}

/** Fields with an alias, and fields repeated in one pair of braces; what fragments add is not counted. */
function countRepeats(set: SelectionSetNode): number {
  let count = 0;
  const sets = [set];
  for (const { selections } of sets) {
    const seen = new Set<string>();
    for (const node of selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) continue;
      if (node.selectionSet) sets.push(node.selectionSet);
      if (node.kind !== Kind.FIELD) continue;
      if (node.alias || seen.has(node.name.value)) count += 1;
      seen.add(node.name.value);
    }
  }
  return count;
}

/** Fragments that are used in several places, which use others in several places: few words, many fields. */
function findFragmentExpansion({ definitions }: DocumentNode, maxTokens: number): GraphQLError | undefined {
  const maxFields = maxTokens * 10;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  const sizes = new Map<string, number>();

  function sizeOfSelection(set: SelectionSetNode): number {
    let sum = 0;
    for (const node of set.selections) {
      sum += 1;
      if (node.kind === Kind.FRAGMENT_SPREAD) sum += sizeOfFragment(node.name.value);
      else if (node.selectionSet) sum += sizeOfSelection(node.selectionSet);
    }
    return sum;
  }

  function sizeOfFragment(name: string): number {
    const knownSize = sizes.get(name);
    if (knownSize !== undefined) return knownSize;
    // One that contains itself ends here; the rule against such fragments refuses it.
    sizes.set(name, 0);
    const fragment = fragments.get(name);
    const fragmentSize = fragment ? sizeOfSelection(fragment.selectionSet) : 0;
    sizes.set(name, fragmentSize);
    return fragmentSize;
  }

  for (const each of definitions) {
    const fieldCount = each.kind === Kind.OPERATION_DEFINITION ? sizeOfSelection(each.selectionSet) : 0;
    const problem = `has more than ${maxFields} fields when its fragments are followed`;
    if (fieldCount > maxFields)
      return tooLargeError("MAX_TOKENS", problem, "Use each fragment in fewer places");
  }
  return undefined;
}
