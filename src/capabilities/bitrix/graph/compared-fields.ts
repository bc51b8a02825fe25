import { kindDefinitions } from "../../../catalog/index.ts";
import type { BitrixItemInput } from "../../../graph/generated.ts";
import type { GuardedComparison, ScopeByField, Steps } from "../../../graph/index.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { Task } from "../task/task.ts";

/**
 * Finds, item by item, every guarded field that items set, since a sync reports whether it differs from Alma. Includes
 * fields that are cleared, that the mapping always sets, that cannot be mapped, or that belong to a contract's client.
 */
export function* findComparisons(
  mapping: Mapping,
  items: readonly BitrixItemInput[],
  requiredScopes: ScopeByField,
): Steps<readonly GuardedComparison[]> {
  const found: GuardedComparison[] = [];
  for (const { kind, item } of items) {
    const { id, fields } = mapping.map(kind, item);
    for (const { record, field, from = "the mapping" } of fields) {
      const name = `${kindDefinitions[record].typeName}.${field}`;
      const scope = requiredScopes.get(name);
      if (scope) found.push({ scope, element: `${name} from ${from}`, record: id && `${kind} ${id}` });
    }
    yield;
  }
  return found;
}

/** Returns the secret fields of existing records that a sync compared, by record, for the audit log. */
export function findComparedSecrets(
  tasks: readonly Task[],
  requiredScopes: ScopeByField,
): ReadonlyMap<string, readonly string[]> {
  const secrets = tasks.flatMap(({ kind, record, before, fields }) => {
    const isSecret = (field: string) =>
      requiredScopes.get(`${kindDefinitions[kind].typeName}.${field}`) === "SECRETS";
    const names = before ? [...fields.keys()].filter(isSecret) : [];
    return record && names.length > 0 ? [[record.key, names] as const] : [];
  });
  return new Map(secrets);
}
