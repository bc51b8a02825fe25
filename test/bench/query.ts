/** What is measured: the questions that reports and screens ask. */
export const queries = {
  "all units, list fields": "{ units(first: 10000) { nodes { name header externalId } } }",
  "100 units with building": "{ units(first: 100) { nodes { number building { id name } } } }",
  "100 units with building address and all rooms":
    "{ units(first: 100) { nodes { name building { address } rooms(first: 10000) { nodes { name propertyType { value } } } } } }",
  "all tenant contracts with client, rental object, building":
    "{ tenantContracts(first: 10000) { nodes { startDate endDate price client { firstName lastName } rentalObject { name building { name } } } } }",
  "one unit by Bitrix id":
    '{ unit(ref: { externalId: "10500" }) { name header number building { id name } } }',
} as const;

export type QueryName = keyof typeof queries;

/**
 * What an answer may cost at most: a new one as a multiple of mercurius' with JIT, a repeated one as a multiple of bytes
 * from memory.
 */
export const limits: Readonly<Record<QueryName, { readonly fresh: number; readonly repeated: number }>> = {
  "all units, list fields": { fresh: 0.9, repeated: 4 },
  "100 units with building": { fresh: 0.04, repeated: 5 },
  "100 units with building address and all rooms": { fresh: 0.013, repeated: 3 },
  "all tenant contracts with client, rental object, building": { fresh: 0.06, repeated: 2 },
  "one unit by Bitrix id": { fresh: 1.3, repeated: 4.5 },
};

/** The portfolio that is asked about. */
export const size = {
  buildings: 50,
  units: 1_000,
  rooms: 2_000,
  clients: 3_000,
  ownerContracts: 1_500,
  tenantContracts: 6_000,
};
