import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationRule,
} from "graphql";
import { tooLarge, tooRepetitive } from "./limit.ts";

/**
 * Refuses, before anything else is looked at, a document that would take long to look at: one with a definition that
 * repeats too much, since fields are compared with each other, which takes the square of their number; and one whose
 * fragments multiply each other. The rest of such a document is not read, so that it gets this one error.
 */
export function sizeRule(limits: {
  readonly maxAliases: number;
  readonly maxTokens: number;
}): ValidationRule {
  return (context) => ({
    Document(node: DocumentNode) {
      const error = repetition(node, limits.maxAliases) ?? multiplication(node, limits.maxTokens);
      if (error === undefined) return;
      context.reportError(error);
      (node as { definitions: readonly DefinitionNode[] }).definitions = [];
    },
  });
}

function repetition({ definitions }: DocumentNode, allowed: number): GraphQLError | undefined {
  for (const definition of definitions) {
    const repeats =
      "selectionSet" in definition && definition.selectionSet ? repeatsIn(definition.selectionSet) : 0;
    if (repeats > allowed) return tooRepetitive(repeats, allowed);
  }
  return undefined;
}

/** Fields with an alias, and fields repeated in one pair of braces; what fragments add is not counted. */
function repeatsIn(set: SelectionSetNode): number {
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
function multiplication({ definitions }: DocumentNode, maxTokens: number): GraphQLError | undefined {
  const allowed = maxTokens * 10;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  const sizes = new Map<string, number>();

  function size(set: SelectionSetNode): number {
    let sum = 0;
    for (const node of set.selections) {
      sum += 1;
      if (node.kind === Kind.FRAGMENT_SPREAD) sum += sizeOf(node.name.value);
      else if (node.selectionSet) sum += size(node.selectionSet);
    }
    return sum;
  }

  function sizeOf(name: string): number {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    // One that contains itself ends here; the rule against such fragments refuses it.
    sizes.set(name, 0);
    const fragment = fragments.get(name);
    const found = fragment ? size(fragment.selectionSet) : 0;
    sizes.set(name, found);
    return found;
  }

  for (const each of definitions) {
    const found = each.kind === Kind.OPERATION_DEFINITION ? size(each.selectionSet) : 0;
    const fact = `has more than ${allowed} fields when its fragments are followed`;
    if (found > allowed) return tooLarge("MAX_TOKENS", fact, "Use each fragment in fewer places");
  }
  return undefined;
}
