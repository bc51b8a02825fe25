/** The queries shown when explorers open: a list, a filter, and a dry run of a write. They work with any data. */
export const exampleQueries = [
  `# Buildings with some of their units.
# Cached data costs no call to Alma.
query Buildings {
  buildings(first: 5) {
    totalCount
    asOf
    nodes {
      id
      name
      address
      units(first: 3) {
        totalCount
        nodes { name status }
      }
    }
  }
}
`,
  `# Contracts in force, those that end first at the top.
query EndingSoon {
  tenantContracts(
    first: 10
    filter: { state: [ACTIVE], endDate: { isNull: false } }
    orderBy: [{ field: END_DATE }]
  ) {
    totalCount
    nodes { number endDate price client { lastName } rentalObject { name building { name } } }
  }
}
`,
  `# Nothing is written: dryRun checks all it can.
# Faults are userErrors, each at its field.
mutation DryRun {
  createClient(
    dryRun: true
    input: { externalId: "", firstName: "Ada", lastName: "Lovelace", email: "no address" }
  ) {
    userErrors { code field message }
  }
}
`,
] as const;
