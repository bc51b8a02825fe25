import type { BitrixItemInput } from "../../graph/generated.ts";
import type { GuardedComparison, InjectionKey, JsonValue, ScopeByField, Steps } from "../../graph/index.ts";
import type { ItemKind } from "./item/item-kind.ts";
import type { Mapping } from "./mapping/mapping.ts";

export { bitrixItemKind, itemKindNames } from "./item/item-kind.ts";
export type { ItemKind, JsonValue, Mapping };

/** The interface for other capabilities. */
export interface BitrixApi {
  readonly mapping: Mapping;
  /** Finds, item by item, every guarded field that items set. */
  findComparisons(
    items: readonly BitrixItemInput[],
    scopes: ScopeByField,
  ): Steps<readonly GuardedComparison[]>;
}

export const bitrixKey: InjectionKey<BitrixApi> = { of: "bitrix", what: "mapping" };
