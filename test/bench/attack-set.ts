/** A request that is allowed to a key for reading, and made to cost as much as it can. */
export interface Attack {
  readonly name: string;
  readonly query: string;
  readonly variables?: object;
}

const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n));
const aliases = (count: number, make: (n: number) => string) =>
  many(count, (n) => `a${n}: ${make(n)}`).join(" ");
const contains = (count: number) => many(count, (n) => ({ name: { contains: `zz${n}` } }));
const filtered = "query ($f: TenantContractFilter)";

export const attacks: readonly Attack[] = [
  {
    name: "40 aliases × 999 conditions",
    query: `${filtered} { ${aliases(40, () => "tenantContracts(first: 1, filter: $f) { totalCount }")} }`,
    variables: { f: { or: contains(999) } },
  },
  {
    name: "one filter of 999 conditions",
    query: `${filtered} { tenantContracts(first: 1, filter: $f) { totalCount } }`,
    variables: { f: { or: contains(999) } },
  },
  {
    name: "nested and, or, not",
    query: `${filtered} { ${aliases(40, () => "tenantContracts(first: 1, filter: $f) { totalCount }")} }`,
    variables: {
      f: {
        and: [{ or: [{ not: { and: [{ or: many(400, (n) => ({ not: { name: { eq: `x${n}` } } })) }] } }] }],
      },
    },
  },
  {
    name: "relation filters",
    query: `{ ${aliases(100, (n) => `tenantContracts(first: 1, filter: { building: { almaId: ${n} } }) { totalCount }`)} }`,
  },
  {
    name: "sorted by every key",
    query: `{ ${aliases(100, () => "tenantContracts(first: 1, orderBy: [{field: NAME}, {field: START_DATE}, {field: END_DATE}, {field: PRICE}]) { totalCount }")} }`,
  },
  {
    name: "sorted units",
    query: `{ ${aliases(100, () => "units(first: 1, orderBy: [{field: STATUS}, {field: NAME}]) { totalCount }")} }`,
  },
  {
    name: "counts alone",
    query: `{ ${aliases(100, (n) => `tenantContracts(filter: { startDate: { gt: "20${10 + (n % 20)}-01-01" } }) { totalCount }`)} }`,
  },
  {
    name: "in with 10,000 texts, 100 aliases",
    query: `query ($l: [String!]) { ${aliases(100, () => "tenantContracts(first: 1, filter: { name: { in: $l } }) { totalCount }")} }`,
    variables: { l: many(10_000, (n) => `name ${n}`) },
  },
  {
    name: "in of 4 MB",
    query: "query ($l: [Int!]) { units(filter: { almaId: { in: $l } }) { totalCount } }",
    variables: { l: many(2_000_000, () => 1) },
  },
  {
    name: "a million {}",
    query: `${filtered} { tenantContracts(filter: $f) { totalCount } }`,
    variables: { f: { or: many(1_300_000, () => ({})) } },
  },
  {
    name: "a million {} that no variable declares",
    query: "{ units { totalCount } }",
    variables: { f: many(1_300_000, () => ({})) },
  },
  {
    name: "300,000 names in a JSON item",
    query: "query ($i: [BitrixItemInput!]!) { mapBitrix(items: $i) { itemId } }",
    variables: {
      i: [{ kind: "UNIT", item: Object.fromEntries(many(300_000, (n) => [`ufCrm${n}`, 0])) }],
    },
  },
  {
    name: "mapBitrix of 500 items",
    query:
      "query ($i: [BitrixItemInput!]!) { mapBitrix(items: $i) { itemId fields { almaField value raw rule } userErrors { message } } }",
    variables: {
      i: many(500, (n) => ({
        kind: "UNIT",
        item: {
          id: n,
          title: `Unit ${n}`,
          ...Object.fromEntries(many(150, (m) => [`ufCrm8_${1_700_000 + m}`, `v${m}`])),
        },
      })),
    },
  },
  {
    name: "mapBitrix of 500 items, 100 aliases",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(100, () => "mapBitrix(items: $i) { itemId fields { almaField value rule } }")} }`,
    variables: { i: many(500, (n) => ({ kind: "UNIT", item: { id: n, title: `Unit ${n}` } })) },
  },
  {
    name: "nodes of 10,000 ids",
    query: "query ($i: [ID!]!) { nodes(ids: $i) { id ... on Unit { name } ... on Client { lastName } } }",
    variables: { i: many(10_000, (n) => `Unit:${n + 1}`) },
  },
  {
    name: "nodes of 10,000 ids, 100 aliases",
    query: `query ($i: [ID!]!) { ${aliases(100, () => "nodes(ids: $i) { id ... on Unit { name } }")} }`,
    variables: { i: many(10_000, (n) => `Unit:${n + 1}`) },
  },
  {
    name: "connections in connections",
    query:
      "{ units(first: 10000) { nodes { building { units(first: 10000) { nodes { building { units(first: 10000) { nodes { id } } } } } } } } }",
  },
  {
    name: "filters in connections",
    query: `${filtered} { units(first: 10000) { nodes { tenantContracts(filter: $f) { totalCount } rooms { nodes { tenantContracts(filter: $f) { totalCount } } } } } }`,
    variables: { f: { or: contains(999) } },
  },
  {
    name: "every contract with its edges",
    query:
      "{ tenantContracts(first: 10000) { edges { cursor node { startDate endDate price state client { firstName lastName } rentalObject { name building { name } } } } } }",
  },
  {
    name: "every contract with its edges, 8 aliases",
    query: `{ ${aliases(8, () => "tenantContracts(first: 10000) { edges { cursor node { startDate endDate price state client { firstName lastName } rentalObject { name building { name } } } } }")} }`,
  },
  {
    name: "current contracts of all",
    query:
      "{ units(first: 10000) { nodes { currentTenantContract { price } currentOwnerContract { startDate } } } rooms(first: 10000) { nodes { currentTenantContract { price } } } }",
  },
  {
    name: "drift",
    query:
      "{ bitrixDrift(first: 1000) { groups { kind totalCount cases { externalId advice records { id } } } } }",
  },
  {
    name: "drift, 100 aliases",
    query: `{ ${aliases(100, () => "bitrixDrift(first: 1) { totalCount }")} }`,
  },
  {
    name: "introspection, 100 aliases",
    query: `{ ${aliases(100, () => "__schema { types { name description fields { name description type { name ofType { name } } args { name type { name } } } inputFields { name } enumValues { name } } }")} }`,
  },
  {
    name: "fragments that multiply",
    query: `query { ...F0 } ${many(14, (n) => `fragment F${n} on Query { ${n < 13 ? `...F${n + 1} ... { ...F${n + 1} }` : "units { totalCount }"} }`).join(" ")}`,
  },
  {
    name: "600 fragments side by side",
    query: `query { ${many(450, (n) => `...F${n}`).join(" ")} } ${many(450, (n) => `fragment F${n} on Query { t }`.replace("t }", "__typename }")).join(" ")}`,
  },
  {
    name: "1,300 fields of one object",
    query: `{ units { nodes { ${many(1_300, () => "name").join(" ")} } } }`,
  },
  {
    name: "inline fragments nested",
    query: `{ units { nodes { ${"... on Unit { ".repeat(600)} name ${"}".repeat(600)} } } }`,
  },
  {
    name: "a filter compiled in 300 places",
    query: `${filtered} { ${many(5, (n) => `...G${n}`).join(" ")} } ${many(5, (n) => `fragment G${n} on Query { ${many(19, (m) => `b${n}x${m}: tenantContracts(first: 0, filter: $f) { totalCount }`).join(" ")} }`).join(" ")}`,
    variables: { f: { or: many(999, () => ({ name: { eq: "x" } })) } },
  },
  {
    name: "a cursor of 4 MB, 100 aliases",
    query: `query ($c: String) { ${aliases(100, () => "units(after: $c) { totalCount }")} }`,
    variables: { c: Buffer.from(JSON.stringify(many(1_000_000, () => 1))).toString("base64url") },
  },
  {
    name: "long texts in conditions",
    query: `${filtered} { ${aliases(40, () => "tenantContracts(first: 1, filter: $f) { totalCount }")} }`,
    variables: { f: { or: many(999, (n) => ({ name: { contains: "й".repeat(2_000) + n } })) } },
  },
];
