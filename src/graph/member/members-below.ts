import { type Kind, kindDefinitions, type MembersBelow } from "../../catalog/index.ts";
import type { GraphContext } from "../resolver/context.ts";

/** The members of a kind that refer to any of these parents by a relation. Rejects with AlmaError. */
export const findReferrers = (
  { catalog, operation }: GraphContext,
  kind: Kind,
  relation: string,
  parents: readonly number[],
) => catalog.findMembers(operation, { kind, needsDetails: true, referringTo: { relation, parents } });

/**
 * The members behind a reverse edge for all parents, found out once in an operation. Undefined where `findMembers` of
 * the catalog has to read something, or tells what is left out.
 */
export function findMembersBelow(
  context: GraphContext,
  kind: Kind,
  relation: string,
): MembersBelow | undefined {
  const { catalog, operation, memo } = context;
  const key = kindDefinitions[kind].relations[relation];
  const known = memo.get(key) as MembersBelow | undefined;
  if (known?.isCurrent) return known;
  const found = catalog.findMembersBelow(operation, kind, relation);
  if (found) memo.set(key, found);
  return found;
}
