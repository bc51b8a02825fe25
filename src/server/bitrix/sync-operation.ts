import { type GraphQLSchema, isInterfaceType } from "graphql";

const recordSelection = "{ __typename id ...Ids }";
const errorFields = "{ code message field }";
const errorSelection = `userErrors ${errorFields}`;

const buildOperation = (canRead: boolean) => `
mutation SyncBitrix($items: [BitrixItemInput!]!, $dryRun: Boolean!) {
  syncBitrix(items: $items, dryRun: $dryRun) {
    items {
      kind itemId action ${canRead ? `record ${recordSelection}` : ""}
      changes { field ${canRead ? "before after" : ""} hidden }
      ${errorSelection}
      warnings ${errorFields}
    }
    buildings { name action ${canRead ? `building ${recordSelection}` : ""} ${errorSelection} }
    ${errorSelection}
  }
}`;

/** Selects the ids of each type of record; `Node` itself does not have them. */
function buildIdFragments(schema: GraphQLSchema): string {
  const node = schema.getType("Node");
  const types = isInterfaceType(node) ? schema.getPossibleTypes(node) : [];
  return types.map(({ name }) => `... on ${name} { almaId externalId }`).join(" ");
}

/** Builds the operation of `POST /bitrix/sync` with records, which need the scope `read`, and without. */
export function buildSyncOperation(schema: GraphQLSchema): {
  readonly withRecords: string;
  readonly withoutRecords: string;
} {
  return {
    withRecords: `${buildOperation(true)}\nfragment Ids on Node { ${buildIdFragments(schema)} }`,
    withoutRecords: buildOperation(false),
  };
}
