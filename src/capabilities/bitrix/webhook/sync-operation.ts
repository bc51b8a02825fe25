import { type GraphQLSchema, isInterfaceType } from "graphql";

/** Builds the operation of `POST /bitrix/sync`. Selects ids by record type, since `Node` lacks them. */
export function buildSyncOperation(schema: GraphQLSchema): string {
  const node = schema.getType("Node");
  const types = isInterfaceType(node) ? schema.getPossibleTypes(node) : [];
  const ids = types.map(({ name }) => `... on ${name} { almaId externalId }`).join(" ");
  return `mutation SyncBitrix($items: [BitrixItemInput!]!, $dryRun: Boolean!) {
  syncBitrix(items: $items, dryRun: $dryRun) {
    items {
      kind itemId action record { __typename id ...Ids }
      changes { field before after hidden }
      userErrors { code field message }
      warnings { code field message }
    }
    buildings { name action building { __typename id ...Ids } userErrors { code field message } }
    userErrors { code field message }
  }
}
fragment Ids on Node { ${ids} }`;
}
