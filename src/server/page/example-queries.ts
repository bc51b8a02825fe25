/** Operations that the explorers open with and the demo prints. They work with any data. */
export const exampleQueries = [
  {
    title: "Buildings and their units",
    query: `# Buildings with some of their units.
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
  },
  {
    title: "Who lives where",
    query: `# Tenant contracts, newest first.
query Tenants {
  tenantContracts(first: 10) {
    nodes {
      number
      startDate
      endDate
      price
      state
      client { firstName lastName }
      rentalObject { name building { name } }
    }
  }
}
`,
  },
  {
    title: "As fresh as you ask",
    query: `# At most ten seconds old. extensions.alma has
# the calls made and the age of the oldest data.
query Fresh @freshness(maxAge: 10) {
  units(first: 5) {
    asOf
    nodes { name goalRentCost }
  }
}
`,
  },
  {
    title: "What a Bitrix item becomes",
    query: `# Field by field, by the mapping. Writes nothing:
# syncBitrix(items, dryRun: true) shows what Alma would get.
query Mapping {
  mapBitrix(
    items: [
      {
        kind: UNIT
        item: {
          id: 71
          title: "Room 71"
          ufCrm8_1684429208: [12]
          ufCrm8_1698838056004: 1294
          ufCrm8_1682957076924: 242
          ufCrm8_1699620518232: "4500"
        }
      }
    ]
  ) {
    itemId
    links { kind itemId }
    fields { almaType almaField bitrixField raw value rule }
    userErrors { code field message }
  }
}
`,
  },
] as const;
