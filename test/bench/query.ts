/** The measured queries, as reports and screens send them. */
export const queries = {
  "all units, list fields": "{ units(first: 10000) { nodes { name header externalId } } }",
  "100 units with building": "{ units(first: 100) { nodes { number building { id name } } } }",
  "100 units with building address and all rooms":
    "{ units(first: 100) { nodes { name building { address } rooms(first: 10000) { nodes { name propertyType { value } } } } } }",
  "all tenant contracts with client, rental object, building":
    "{ tenantContracts(first: 10000) { nodes { startDate endDate price client { firstName lastName } rentalObject { name building { name } } } } }",
  "one unit by Bitrix id":
    "query ($id: String!) { unit(ref: { externalId: $id }) { name header number building { id name } } }",
} as const;

/** The variables of the nth request: the last 900 units in turn, as screens request them. */
export const variablesOf = (name: QueryName, n: number): Readonly<Record<string, string>> | undefined =>
  name === "one unit by Bitrix id" ? { id: String(10_100 + (n % 900)) } : undefined;

export type QueryName = keyof typeof queries;

/** The portfolio that the queries read. */
export const size = {
  buildings: 50,
  units: 1_000,
  rooms: 2_000,
  clients: 3_000,
  ownerContracts: 1_500,
  tenantContracts: 6_000,
};
