/** Operations that the explorers open with and the demo prints. They hold for any data. */
export const examples = [
  {
    title: "Buildings and what is in them",
    query: `# Buildings with their units: one list and what each page needs, nothing when known.
query Buildings {
  buildings(first: 5) {
    totalCount
    asOf
    nodes { id name address units(first: 3) { totalCount nodes { name status } } }
  }
}
`,
  },
  {
    title: "Who lives where",
    query: `# Tenant contracts with client and rental object, newest first.
query Tenants {
  tenantContracts(first: 10) {
    nodes {
      number startDate endDate price state
      client { firstName lastName }
      rentalObject { name building { name } }
    }
  }
}
`,
  },
  {
    title: "As fresh as you say",
    query: `# At most ten seconds old; extensions.alma tells the calls made and the oldest data used.
query Fresh @freshness(maxAge: 10) {
  units(first: 5) { asOf nodes { name goalRentCost } }
}
`,
  },
] as const;
