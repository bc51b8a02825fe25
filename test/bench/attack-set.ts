/** A request that a read-only key may send, built to be as expensive as possible. */
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
/** Nests a value in `levels` objects. */
const nest = (levels: number, wrap: (inner: object) => object, core: object): object =>
  levels === 0 ? core : wrap(nest(levels - 1, wrap, core));
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
      f: nest(4, (inner) => ({ not: { or: [{ name: { contains: "xyz" } }, inner] } }), {
        or: many(950, (n) => ({ name: { contains: `x${n}` } })),
      }),
    },
  },
  {
    name: "relation filters",
    query: `${filtered} { ${aliases(100, () => "tenantContracts(first: 1, filter: $f) { totalCount }")} }`,
    variables: {
      f: nest(7, (inner) => ({ or: [{ building: { almaId: 999_999 } }, inner] }), {
        and: many(80, (n) => ({ not: { building: { almaId: n + 1 }, client: { almaId: n + 1 } } })),
      }),
    },
  },
  {
    name: "relation filters by Bitrix id",
    query: `${filtered} { ${aliases(100, () => "tenantContracts(first: 1, filter: $f) { totalCount }")} }`,
    variables: { f: { or: many(300, (n) => ({ building: { externalId: String(90_000 + (n % 20)) } })) } },
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
    name: "counts with another filter each",
    query: `query (${many(100, (n) => `$f${n}: TenantContractFilter`).join(" ")}) { ${aliases(100, (n) => `tenantContracts(filter: $f${n}) { totalCount }`)} }`,
    variables: Object.fromEntries(
      many(100, (n) => [`f${n}`, { or: many(15, (m) => ({ name: { contains: `z${n}y${m}` } })) }]),
    ),
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
    name: "in with 20,000 texts, 360 conditions",
    query: `query ($l: [String!]) { tenantContracts(first: 1, filter: { and: [${"{ name: { notIn: $l } } ".repeat(360)}] }) { totalCount } }`,
    variables: { l: many(20_000, (n) => `name ${n}`) },
  },
  {
    name: "contains with 3 MB, 360 conditions",
    query: `query ($t: String) { tenantContracts(first: 1, filter: { or: [${"{ name: { contains: $t } } ".repeat(360)}] }) { totalCount } }`,
    variables: { t: "й".repeat(1_500_000) },
  },
  {
    name: "131,000 numbers in variables",
    query: `query (${many(6, (n) => `$l${n}: [Int!]`).join(" ")}) { ${many(6, (n) => `a${n}: units(filter: { almaId: { in: $l${n} } }) { totalCount }`).join(" ")} }`,
    variables: Object.fromEntries(many(6, (n) => [`l${n}`, many(20_000, (m) => m)])),
  },
  {
    name: "filters of 3,900 objects in variables",
    query: `${filtered} { ${aliases(100, () => "tenantContracts(filter: $f) { totalCount }")} }`,
    variables: { f: { or: many(3_900, () => ({})) } },
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
    name: "130,000 names in a JSON item",
    query: "query ($i: [BitrixItemInput!]!) { mapBitrix(items: $i) { itemId } }",
    variables: {
      i: [{ kind: "UNIT", item: Object.fromEntries(many(130_000, (n) => [`ufCrm${n}Abc`, 0])) }],
    },
  },
  {
    name: "130,000 names in a JSON item, 100 aliases",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(100, () => "mapBitrix(items: $i) { itemId }")} }`,
    variables: {
      i: [{ kind: "UNIT", item: Object.fromEntries(many(130_000, (n) => [`ufCrm${n}Abc`, 0])) }],
    },
  },
  {
    name: "mapBitrix of a field with 130,000 values",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(10, () => "mapBitrix(items: $i) { fields { almaField value raw } }")} }`,
    variables: { i: [{ kind: "CONTACT", item: { id: 1, name: many(130_000, (n) => String(n)) } }] },
  },
  {
    name: "mapBitrix of 13 items near the limit of values",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(100, () => "mapBitrix(items: $i) { itemId }")} }`,
    variables: {
      i: many(13, (n) => ({
        kind: "CONTACT",
        item: { id: n + 1, fm: many(4_900, (m) => ({ [`TYPE_Id${m}`]: m })) },
      })),
    },
  },
  {
    name: "mapBitrix that repeats 4 MB in 15 aliases",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(15, () => "mapBitrix(items: $i) { fields { raw } }")} }`,
    variables: { i: [{ kind: "CONTACT", item: { id: 1, name: "x".repeat(4_000_000) } }] },
  },
  {
    name: "mapBitrix of one item 500 times, 2 versions, 100 aliases",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(100, () => "mapBitrix(items: $i) { userErrors { message } }")} }`,
    variables: {
      i: many(500, (n) => ({
        kind: "CONTACT",
        item: { id: 1, name: n % 2 ? "A" : "B", lastName: "x".repeat(5_000) },
      })),
    },
  },
  {
    name: "mapBitrix of 500 apartments and units",
    query: `query ($i: [BitrixItemInput!]!) { ${aliases(100, () => "mapBitrix(items: $i) { userErrors { message } }")} }`,
    variables: {
      i: many(500, (n) => ({
        kind: n % 2 ? "UNIT" : "APARTMENT",
        item: {
          id: n + 1,
          title: `Unit ${n}`,
          parentId144: n % 2 ? n : undefined,
          parentId: n % 2 ? n : undefined,
        },
      })),
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
    name: "nodes of 50,000 known ids in 50 aliases",
    query: `query ($i: [ID!]!) { ${aliases(50, () => "nodes(ids: $i) { id ... on Unit { name building { name } } }")} }`,
    variables: { i: many(1_000, (n) => `Unit:${n + 1}`) },
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
    name: "data issues, 100 aliases",
    query: `{ ${aliases(100, () => "dataIssues { code record { id } other { id } message }")} }`,
  },
  {
    name: "introspection, 100 aliases",
    query: `{ ${aliases(100, () => "__schema { types { name description fields { name description type { name ofType { name } } args { name type { name } } } inputFields { name } enumValues { name } } }")} }`,
  },
  {
    name: "fragments just under the limit",
    query: `query { ...F0 } ${many(12, (n) => `fragment F${n} on Query { ${n < 11 ? `...F${n + 1} ... { ...F${n + 1} }` : "units { totalCount nodes { name } }"} }`).join(" ")}`,
  },
  {
    name: "400 fragments in each other",
    query: `query { ...F0 } ${many(440, (n) => `fragment F${n} on Query { ${n < 439 ? `...F${n + 1}` : "units { totalCount }"} __typename }`).join(" ")}`,
  },
  {
    name: "fragments that multiply",
    query: `query { ...F0 } ${many(14, (n) => `fragment F${n} on Query { ${n < 13 ? `...F${n + 1} ... { ...F${n + 1} }` : "units { totalCount }"} }`).join(" ")}`,
  },
  {
    name: "390 fragments side by side",
    query: `query { ${many(390, (n) => `...F${n}`).join(" ")} } ${many(390, (n) => `fragment F${n} on Query { t }`.replace("t }", "__typename }")).join(" ")}`,
  },
  {
    name: "50 fragments with the same fields",
    query: `{ units(first: 10000) { nodes { ${many(50, (n) => `...F${n}`).join(" ")} } } } ${many(
      50,
      (n) =>
        `fragment F${n} on Unit { id name header number status externalId isArchived ${many(
          20,
          (m) => `building { ${m % 2 ? "id" : "name"} }`,
        )
          .slice(0, 2)
          .join(" ")} }`,
    ).join(" ")}`,
  },
  {
    name: "fields under 180 conditions in variables",
    query: `query (${many(90, (n) => `$b${n}: Boolean!`).join(" ")}) { units(first: 10000) { nodes { ${many(90, (n) => `... on Unit @include(if: $b${n}) { name header building @skip(if: $b${(n + 1) % 90}) { name } }`).join(" ")} } } }`,
    variables: Object.fromEntries(many(90, (n) => [`b${n}`, n % 2 === 0])),
  },
  {
    name: "relations back and forth",
    query:
      "{ units(first: 10000) { nodes { tenantContracts(first: 100) { nodes { client { tenantContracts(first: 100) { nodes { rentalObject { name building { name } } } } } } } rooms { nodes { tenantContracts(first: 100) { nodes { client { tenantContracts(first: 100) { nodes { startDate } } } } } } } } } }",
  },
  {
    name: "sorted and filtered connections in connections",
    query: `${filtered} { buildings(first: 10000) { nodes { units(first: 10000, orderBy: [{field: NAME}]) { nodes { tenantContracts(filter: $f, orderBy: [{field: NAME}, {field: PRICE}]) { totalCount nodes { name } } } } } } }`,
    variables: { f: { or: contains(500) } },
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
    name: "a valid cursor of 3 MB, 100 aliases",
    query: `query ($c: String) { ${aliases(100, () => "tenantContracts(first: 1, after: $c, orderBy: [{field: NAME}]) { totalCount }")} }`,
    variables: {
      c: Buffer.from(JSON.stringify(["TenantContract +NAME", 1, "м".repeat(1_200_000)])).toString(
        "base64url",
      ),
    },
  },
  {
    name: "long texts in conditions",
    query: `${filtered} { ${aliases(40, () => "tenantContracts(first: 1, filter: $f) { totalCount }")} }`,
    variables: { f: { or: many(999, (n) => ({ name: { contains: "й".repeat(2_000) + n } })) } },
  },
];
