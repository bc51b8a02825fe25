import { type CachedRecord, type Kind, kindDefinitions } from "../../catalog/index.ts";

/** A condition on the known fields of a record. */
export type RecordPredicate = (record: Pick<CachedRecord, "value">) => boolean;

/** The condition that a record of a kind refers to one of these parents by a relation. */
export function hasParentIn(kind: Kind, relation: string, parentIds: readonly number[]): RecordPredicate {
  const definition = kindDefinitions[kind].relations[relation];
  if (parentIds.length === 1) return ({ value }) => (definition?.idOf(value) ?? 0) === parentIds[0];
  const ids = new Set(parentIds);
  return ({ value }) => ids.has(definition?.idOf(value) ?? 0);
}
