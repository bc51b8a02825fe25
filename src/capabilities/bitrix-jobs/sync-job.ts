import type { MutationResolvers } from "../../graph/generated.ts";
import type { JsonValue } from "../../graph/index.ts";
import { bitrixItemKind, type ItemKind, itemKindNames, type Mapping } from "../bitrix/api.ts";
import { DRY_RUN_VARIABLE, jobsKey } from "../jobs/api.ts";

/**
 * The document of a job whose rows are Bitrix items. The last item is the row; the items before it are those it needs.
 */
export const SYNC_DOCUMENT = `mutation SyncItem($items: [BitrixItemInput!]!, $${DRY_RUN_VARIABLE}: Boolean!) {
  syncBitrix(items: $items, dryRun: $${DRY_RUN_VARIABLE}) {
    items {
      kind itemId action record { id } changes { field before after hidden }
      userErrors { code field message now } warnings { code field message }
    }
  }
}`;

/** A row of such a job. */
export interface ItemRow {
  readonly kind: keyof typeof bitrixItemKind;
  readonly item: JsonValue;
}

/** `startBitrixSync`. Throws AlmaError. */
export const startBitrixSync: MutationResolvers["startBitrixSync"] = (
  _parent,
  { items, ...others },
  context,
) => {
  const rows = items.map(({ kind, item }) => ({ kind: itemKindNames.get(kind), item }));
  const { start } = context.settings.inject(jobsKey);
  return start({ document: SYNC_DOCUMENT, rows, ...others }, context, "items");
};

/** Items that depend on others belong to a later stage. */
const stages: Readonly<Record<ItemKind, 0 | 1 | 2>> = {
  apartment: 0,
  contact: 0,
  unit: 1,
  ownerContract: 2,
  tenantContract: 2,
};

/** Returns a row's place in the order: its item, and the items that it needs. */
export function placeOfItem(mapping: Mapping, row: ItemRow) {
  const kind = bitrixItemKind[row.kind];
  const { id, links, changedAt = 0 } = mapping.map(kind, row.item);
  // An apartment that links to its unit is still written first.
  const needed = kind === "apartment" ? [] : Object.values(links);
  return {
    subject: id === undefined ? undefined : `${row.kind} ${id}`,
    stage: stages[kind],
    needs: needed.map((link) => `${itemKindNames.get(link.kind)} ${link.id}`),
    changedAt,
  };
}
