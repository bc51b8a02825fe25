import { parse, print } from "graphql";

const contract = "number state startDate endDate client { id firstName lastName } rentalObject { id name }";
const rented =
  "name status goalRentCost building { id name } tenantContracts(first: 10) { nodes { id number startDate endDate price } }";

/** What is asked of a record, by its type. */
export const recordFields: Readonly<Record<string, string>> = {
  Building: "name address isArchived units(first: 100) { nodes { id name status } }",
  Unit: rented,
  Room: rented,
  Client: "firstName lastName status tenantContracts(first: 10) { nodes { id number startDate endDate } }",
  TenantContract: `${contract} price typeContract`,
  OwnerContract: `${contract} workModel pmlEndDate`,
};

/** The queries of a record, whose id is to be put in. */
const queries = new Map(
  Object.entries(recordFields).map(([type, fields]) => [
    type,
    print(parse(`{ node(id: "ID") { id ... on ${type} { ${fields} } } }`)),
  ]),
);

/** The address of GraphiQL with a query of a record, such as `Unit:9199`; undefined for another text. */
export function recordLink(id: string): string | undefined {
  const [type = ""] = id.split(":");
  const query = queries.get(type);
  return query && `/graphiql?query=${encodeURIComponent(query.replace('"ID"', JSON.stringify(id)))}`;
}
