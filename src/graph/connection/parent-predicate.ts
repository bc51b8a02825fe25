import { type CachedRecord, type Kind, kindDefinitions } from "../../catalog/index.ts";

/** Whether a record belongs somewhere, by what is known of it. */
export type RecordPredicate = (record: Pick<CachedRecord, "value">) => boolean;

/** Whether a record refers to one of these parents by a link of its kind. */
export function hasParentIn(kind: Kind, relation: string, parentIds: readonly number[]): RecordPredicate {
  const definition = kindDefinitions[kind].relations[relation];
  return ({ value }) => parentIds.includes(definition?.idOf(value) ?? 0);
}
