/** What the explorers open with and the demo prints: the queries of the tour, and more. They work with any data. */
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
    title: "One unit",
    query: `# By its Bitrix id; this one is of the demo.
# A ref that names nothing is null, and no error.
query OneUnit {
  unit(ref: { externalId: "10046" }) {
    id
    name
    status
    building { name }
  }
}
`,
  },
  {
    title: "All units",
    query: `# Without a filter. "first" is 50 if left out.
query Units {
  units(first: 10) {
    totalCount
    asOf
    nodes { name header externalId }
  }
}
`,
  },
  {
    title: "Who lives in a building",
    query: `# Rooms of the newest building, and who has them today.
query Occupancy {
  buildings(first: 1) {
    nodes {
      name
      rooms(first: 10) {
        totalCount
        nodes {
          name
          unit { name }
          currentTenantContract { endDate client { firstName lastName } }
        }
      }
    }
  }
}
`,
  },
  {
    title: "What ends soon",
    query: `# Contracts in force, those that end first at the top.
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
  },
  {
    title: "As it is now",
    query: `# Read from Alma now: a call each time.
# Put in the Bitrix id of a unit of yours.
query Now @freshness(maxAge: 0) {
  unit(ref: { externalId: "10046" }) {
    name
    status
    goalRentCost
  }
}
`,
  },
  {
    title: "What a write would do",
    query: `# Nothing is written: dryRun checks all it can.
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
