import { createHash } from "node:crypto";
import type { GraphQLObjectType } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { has } from "../../support/has.ts";
import { type Attacked, fault, type Reply, startAttacked } from "./attack-gateway.ts";
import { guarded, schema, ways } from "./attack-query.ts";

/** One guarded field of each kind, also as a persisted document, requested through every syntax of GraphQL. */
const sample = [
  { root: "client(ref: { almaId: 1 })", type: "Client", field: "email", scope: "PERSONAL" },
  {
    root: "tenantContract(ref: { almaId: 1 })",
    type: "TenantContract",
    field: "contractScan",
    scope: "PERSONAL",
  },
  { root: "unit(ref: { almaId: 1 })", type: "Unit", field: "keyboxCode", scope: "SECRETS" },
  {
    root: "rentalObject(ref: { almaId: 1 })",
    type: "RentalObject",
    field: "electronicLockPassword",
    scope: "SECRETS",
  },
];
const persisted = Object.fromEntries(
  sample.map(({ root, field }, n) => [`p${n}`, `{ ${root} { ${field} } }`]),
);

let gateway: Attacked;
beforeAll(async () => {
  gateway = await startAttacked(persisted);
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.asked();
});

/** The ways to request a persisted document. */
const persistedWays = (plain: string): [string, () => Promise<Reply>][] => [
  [
    "persisted",
    () => gateway.send({ documentId: Object.keys(persisted).find((id) => persisted[id] === plain) }),
  ],
  [
    "persisted, by GET",
    () => gateway.get({ documentId: Object.keys(persisted).find((id) => persisted[id] === plain) ?? "" }),
  ],
  [
    "by a hash",
    () =>
      gateway.send({
        extensions: {
          persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(plain).digest("hex") },
        },
      }),
  ],
];

describe("a scoped field is refused without its scope, before any call to Alma", () => {
  test.each([
    ["Query", "reader"],
    ["Mutation", "writer"],
  ] as const)("on every path to it from %s", async (rootName, by) => {
    const root = schema.getType(rootName) as GraphQLObjectType;
    const all = ways(root);
    const asked = all.flatMap((way) =>
      guarded
        .filter(({ type }) => type === way.type)
        .map(({ field, scope }) => ({ query: `${way.before} { ${field} } ${way.after}`, scope })),
    );
    expect(asked.length).toBeGreaterThan(rootName === "Query" ? 200 : 50);
    const faults: string[] = [];
    for (const { query, scope } of asked) {
      const document = rootName === "Query" ? `{ ${query} }` : `mutation { ${query} }`;
      const found = fault(await gateway.send({ query: document }, by), scope);
      if (found) faults.push(`${document}: ${found}`);
    }
    expect(faults).toEqual([]);
    expect(gateway.asked()).toEqual([]);
  });

  describe.each(sample)("$type.$field", ({ root, type, field, scope }) => {
    const plain = `{ ${root} { ${field} } }`;
    test.each<[string, () => Promise<Reply>]>([
      ["plainly", () => gateway.send({ query: plain })],
      ["under an alias", () => gateway.send({ query: `{ ${root} { name: ${field} } }` })],
      [
        "under an alias of introspection",
        () => gateway.send({ query: `{ ${root} { __typename: ${field} } }` }),
      ],
      [
        "in a fragment",
        () => gateway.send({ query: `{ ${root} { ...F } } fragment F on ${type} { ${field} }` }),
      ],
      [
        "in a fragment in a fragment",
        () =>
          gateway.send({
            query: `{ ${root} { ...F } } fragment F on ${type} { ...G } fragment G on ${type} { ${field} }`,
          }),
      ],
      ["in a fragment on the query", () => gateway.send({ query: `{ ...F } fragment F on Query ${plain}` })],
      [
        "in a fragment without a type",
        () => gateway.send({ query: `{ ${root} { ... { ... { ${field} } } } }` }),
      ],
      ["under a condition", () => gateway.send({ query: `{ ${root} { ${field} @include(if: true) } }` })],
      [
        "where a variable decides",
        () =>
          gateway.send({
            query: `query ($x: Boolean = false) { ${root} { ... @skip(if: $x) { ${field} } } }`,
          }),
      ],
      [
        "beside what is allowed",
        () => gateway.send({ query: `{ units { totalCount } ${root} { ${field} } }` }),
      ],
      [
        "in the second operation",
        () => gateway.send({ query: `query A { __typename } query B ${plain}`, operationName: "B" }),
      ],
      [
        "with demands on freshness",
        () => gateway.send({ query: `query @freshness(maxAge: 86400, ifUnreachable: SERVE_STALE) ${plain}` }),
      ],
      ["by GET", () => gateway.get({ query: plain })],
      ["by GET for a cached answer", () => gateway.get({ query: plain }, { "if-none-match": "*" })],
      ...(has("persisted") ? persistedWays(plain) : []),
    ])("asked for %s", async (_, ask) => {
      expect(fault(await ask(), scope)).toBeUndefined();
      expect(gateway.asked()).toEqual([]);
    });
  });
});
