const record = "{ __typename id ...Ids }";
const errors = "userErrors { code message field }";

const operation = (sees: boolean) => `
mutation SyncBitrix($items: [BitrixItemInput!]!, $dryRun: Boolean!) {
  syncBitrix(items: $items, dryRun: $dryRun) {
    items {
      kind itemId action ${sees ? `record ${record}` : ""}
      changes { field ${sees ? "before after" : ""} hidden }
      ${errors}
    }
    buildings { name action ${sees ? `building ${record}` : ""} ${errors} }
    ${errors}
  }
}`;

const ids = ["Building", "Unit", "Room", "Client", "OwnerContract", "TenantContract"]
  .map((type) => `... on ${type} { almaId externalId }`)
  .join(" ");

/**
 * The operation that `POST /bitrix/sync` runs: `full` asks for all that there is to see, `blind` for what needs no
 * scope but `write`.
 */
export const syncOperation = {
  full: `${operation(true)}\nfragment Ids on Node { ${ids} }`,
  blind: operation(false),
} as const;
