import { type GraphQLSchema, isInterfaceType } from "graphql";

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

/** Every kind of record with its ids: they are fields of each type, and not of what all have in common. */
function ids(schema: GraphQLSchema): string {
  const node = schema.getType("Node");
  const types = isInterfaceType(node) ? schema.getPossibleTypes(node) : [];
  return types.map(({ name }) => `... on ${name} { almaId externalId }`).join(" ");
}

/**
 * The operation that `POST /bitrix/sync` runs: `full` asks for all that there is to see, `blind` for what needs no
 * scope but `write`.
 */
export function syncOperation(schema: GraphQLSchema): { readonly full: string; readonly blind: string } {
  return { full: `${operation(true)}\nfragment Ids on Node { ${ids(schema)} }`, blind: operation(false) };
}
