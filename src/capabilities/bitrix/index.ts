import { defineCapability } from "../../capability.ts";
import type { MutationSyncBitrixArgs } from "../../graph/generated.ts";
import { findComparisons } from "./graph/compared-fields.ts";
import { bitrixDictionaries, mapBitrix } from "./graph/mapping-resolver.ts";
import { namesClient, syncBitrix } from "./graph/sync-resolver.ts";
import { bitrixKey, createSyncSettings } from "./graph/sync-settings.ts";
import { bitrixItemKind } from "./item/item-kind.ts";
import { loadMapping, mappingErrors } from "./mapping/load-mapping.ts";
import { constants, settings } from "./settings.ts";
import { addBitrixRoute } from "./webhook/sync-route.ts";

/** Synchronizes Bitrix items: `syncBitrix`, `mapBitrix`, `bitrixDictionaries`, `POST /bitrix/sync`. */
export const bitrix = defineCapability({
  name: "bitrix",
  settings,
  constants,
  faultsOf: mappingErrors,
  resolvers: {
    Query: { bitrixDictionaries, mapBitrix },
    Mutation: { syncBitrix: { resolve: syncBitrix, extensions: { namesClient } } },
    BitrixItemKind: bitrixItemKind,
  },
  comparisons: {
    *syncBitrix(args, { inject, requiredScopes }) {
      const { mapping, maxItems } = inject(bitrixKey);
      // Safe: the arguments were coerced by the mutation's declaration.
      const { items } = args as Pick<MutationSyncBitrixArgs, "items">;
      // Too many items are refused.
      return items.length > maxItems ? [] : yield* findComparisons(mapping, items, requiredScopes);
    },
  },
  prepare({ config }) {
    const mapping = loadMapping(config.bitrixMapping);
    return {
      provides: createSyncSettings(mapping, config),
      routes: (app, parts) => addBitrixRoute(app, parts, mapping, config),
    };
  },
});
