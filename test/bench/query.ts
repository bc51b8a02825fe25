/** What is measured: the questions that reports and screens ask. */
export const queries = {
  "all units, list fields": "{ units(first: 10000) { nodes { name header externalId } } }",
  "100 units with building": "{ units(first: 100) { nodes { number building { id name } } } }",
  "100 units with building address and all rooms":
    "{ units(first: 100) { nodes { name building { address } rooms(first: 10000) { nodes { name propertyType { value } } } } } }",
  "all tenant contracts with client, rental object, building":
    "{ tenantContracts(first: 10000) { nodes { startDate endDate price client { firstName lastName } rentalObject { name building { name } } } } }",
} as const;

export type QueryName = keyof typeof queries;

/** The portfolio that is asked about. */
export const size = {
  buildings: 50,
  units: 1_000,
  rooms: 2_000,
  clients: 3_000,
  ownerContracts: 1_500,
  tenantContracts: 6_000,
};
