import type { Task } from "../../bitrix/index.ts";
import { kindDefinitions } from "../../catalog/index.ts";
import type { MutationSyncBitrixArgs, Scope } from "../generated.ts";
import type { Steps } from "../metering/meter.ts";
import type { ScopeByField } from "../resolver/required-level.ts";
import type { BitrixSettings } from "../resolver/settings.ts";

/** A guarded field that a sync compares with Alma's, and the item's record, as its kind and Bitrix id. */
interface Comparison {
  readonly scope: Scope;
  /** The field and what sets it: `Unit.keyboxCode from ufCrm6_1720794204`. */
  readonly element: string;
  readonly record: string | undefined;
}

/**
 * Finds, item by item, every guarded field that items set: what a sync reports about it depends on what Alma has. A
 * field that is cleared counts, and so does one that the mapping always sets, that cannot be mapped, or that belongs to
 * a contract's client. Finds nothing for too many items, which are refused.
 */
export function* findComparisons(
  { items }: Pick<MutationSyncBitrixArgs, "items">,
  requiredScopes: ScopeByField,
  { mapping, maxItems }: BitrixSettings,
): Steps<readonly Comparison[]> {
  const found: Comparison[] = [];
  if (items.length > maxItems) return found;
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

/** The secret fields of existing records that a sync has compared, by record: for the audit log. */
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
