import type { Answer } from "../support/gateway.ts";
import { has } from "../support/has.ts";

const rental = `id externalId name header status goalRentCost isArchived propertyType { value name } project { almaId name }
  building { id name } isLettable isVacant photos { almaId url }`;
const contract =
  "id externalId name number startDate endDate state isArchived client { id firstName lastName } rentalObject { id name }";

/** The queries for every time: lists, filters, orders, reverse links, groups, and records by id. */
export const shadowQueries: readonly string[] = [
  `{ buildings { totalCount nodes { id name address number numberOfUnits isArchived externalId units { totalCount nodes { id } } } } }`,
  `{ units { totalCount nodes { ${rental} parking { value name } floor rooms { nodes { id } }
     tenantContracts(includeRooms: true) { nodes { id } } ownerContracts { nodes { id } } currentTenantContract { id } } } }`,
  `{ rooms(orderBy: [{ field: NAME }]) { totalCount nodes { ${rental} unit { id name } tenantContracts { totalCount } } } }`,
  `{ clients { totalCount nodes { id externalId firstName lastName status email phone country { value name } tenantContracts { nodes { id } } } } }`,
  `{ ownerContracts { totalCount nodes { ${contract} workModel lettings(from: "2026-01-01", to: "2027-12-31") { from to rent } } } }`,
  `{ tenantContracts { totalCount nodes { ${contract} price typeContract history } } }`,
  `{ tenantContracts(filter: { state: [ACTIVE, PLANNED] }) { totalCount nodes { id } } }`,
  `{ units(filter: { building: { almaId: 1001 }, search: "1" }) { nodes { id } }
     rentalObjects(filter: { isLettable: true }, orderBy: [{ field: BUILDING_NAME }, { field: NAME }]) { nodes { id } } }`,
  `{ rentalObjects { groups(by: [BUILDING]) { nodes { keys { building { id name } } count lettable } } } }`,
  `{ tenantContracts { groups(by: [{ field: CLIENT }]) { nodes { keys { client { id lastName } } count } } } }`,
  ...(has("issues") ? ["{ dataIssues { code record { id } name other { id } } }"] : []),
];

/** A query by ids of records that may exist, and of one that never existed. */
export const refQuery = (ids: readonly string[]): string =>
  `{ ${ids.map(
    (id, index) => `u${index}: unit(ref: { externalId: "${id}" }) { id }
      r${index}: rentalObject(ref: { externalId: "${id}" }) { id }
      c${index}: client(ref: { externalId: "${id}" }) { id }`,
  )} unit(ref: { almaId: 99999 }) { id } node(id: "Client:99998") { id } }`;

/** An answer's data and error codes, without fields that depend on the time of the answer. */
export const shownOf = ({ data, errors }: Answer): unknown => ({
  data,
  errors: errors?.map(({ path, extensions }) => [path?.join("."), extensions.code]).sort(),
});
