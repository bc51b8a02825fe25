import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const columns = `nodes { rentalObject { building { name } name } client { lastName } startDate endDate price isArchived }`;

/** Reports that use every feature of a page. */
const documents: Readonly<Record<string, string>> = {
  rents: `# title: Rents <b>&"'
# description: Contracts with <i>everything</i> that a form may ask for.
# rows: tenantContracts.nodes
# parameters:
#   on: { title: Day, default: today, description: The day that contracts cover }
#   state: { title: State, default: [ACTIVE, PLANNED] }
#   building: { title: Building }
#   least: { title: Least rent }
#   archived: { title: Archived }
#   kinds: { title: Kinds of letting }
# columns:
#   rentalObject.building.name: Building
#   rentalObject.name: Object
#   client.lastName: Tenant
#   startDate: From
#   price: { title: Rent, total: sum }
# chart: { kind: bar, x: rentalObject.building.name, y: [price] }
query Rents($on: Date!, $state: [ContractState!], $building: Ref, $least: Decimal, $archived: Boolean, $kinds: [String!]) {
  tenantContracts(
    filter: { activeOn: $on, state: $state, building: $building, price: { gte: $least }, isArchived: $archived, typeContract: { in: $kinds } }
  ) { ${columns} }
}`,
  plain: `# title: Plain
# rows: units.nodes
query Plain { units { nodes { name number } } }`,
  "by-day": `# title: Beginnings
# rows: tenantContracts.nodes
# columns: { startDate: Day, price: { title: Price, total: sum } }
# chart: { kind: line, x: startDate, y: [price] }
query ByDay { tenantContracts(orderBy: [{ field: START_DATE }]) { nodes { startDate rentalObject { building { name } } price } } }`,
  contracts: `# title: Contracts
# rows: tenantContracts.nodes
# parameters:
#   since: { title: Since, default: 1900-01-01 }
#   building: { title: Building, choices: places }
# columns:
#   rentalObject.name: Object
#   rentalObject.building.name: Building
#   price: { title: Rent, total: sum, amount: true }
#   client.lastName: Tenant
#   id: { title: Contract in Alma, more: true }
query Contracts($since: Date, $building: Ref) {
  tenantContracts(filter: { startDate: { gte: $since }, building: $building }) {
    nodes { rentalObject { name building { name } } price client { lastName } id }
  }
}`,
  days: `# title: Days
# rows: rentalObjects.groups.nodes
# columns: { period.from: Day, keys.building.name: Building, lettable: { title: Lettable, total: sum } }
query Days {
  rentalObjects { groups(by: [BUILDING], over: { from: "2026-01-01", to: "2027-01-31", unit: DAY }) {
    nodes { period { from } keys { building { name } } lettable }
  } }
}`,
  places: `# title: Places
# rows: buildings.nodes
# columns: { name: Building, id: Id }
query Places($search: String) { buildings(filter: { search: $search }, orderBy: [{ field: NAME }]) { nodes { name id } } }`,
  emails: `# title: Addresses
# rows: clients.nodes
query Emails { clients { nodes { lastName email } } }`,
  broken: `# title: Broken
# rows: units.nodes
query Broken { units { nodes { nonsense } } }`,
};

/** Writes these reports into a new folder and returns its path. */
export function writeReports(): string {
  const folder = mkdtempSync(join(tmpdir(), "reports-"));
  for (const [name, document] of Object.entries(documents))
    writeFileSync(join(folder, `${name}.graphql`), document);
  return folder;
}
