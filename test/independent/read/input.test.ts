import { describe, expect, test } from "vitest";
import { expectRefusal, quote, small } from "./refuse.ts";

const one = small();
const refuses = (query: string, argument: string | RegExp, variables?: Readonly<Record<string, unknown>>) =>
  expectRefusal(one(), query, argument, variables);

/** Arguments of a connection, as literals and as variables, and the wrong one. */
const pages: [literal: string, types: string, values: object, argument: string][] = [
  [`first: -1`, `$first: Int`, { first: -1 }, "first"],
  [`last: -1`, `$last: Int`, { last: -1 }, "last"],
  [`first: 1, last: 1`, `$first: Int, $last: Int`, { first: 1, last: 1 }, "first"],
  [`first: 10001`, `$first: Int`, { first: 10001 }, "first"],
  [`first: 1.5`, `$first: Int`, { first: 1.5 }, "first"],
  [`first: "1"`, `$first: Int`, { first: "1" }, "first"],
  [`after: ""`, `$after: String`, { after: "" }, "after"],
  [`after: "кто-то"`, `$after: String`, { after: "кто-то" }, "after"],
  [`before: "WzFd"`, `$before: String`, { before: "WzFd" }, "before"],
  [`after: 5`, `$after: String`, { after: 5 }, "after"],
  [
    `filter: { startDate: { gte: "2024-02-30" } }`,
    `$filter: TenantContractFilter`,
    { filter: { startDate: { gte: "2024-02-30" } } },
    "filter.startDate.gte",
  ],
  [
    `filter: { startDate: { in: ["2024-02-29", "2023-02-29"] } }`,
    `$filter: TenantContractFilter`,
    { filter: { startDate: { in: ["2024-02-29", "2023-02-29"] } } },
    "filter.startDate.in",
  ],
  [
    `filter: { activeOn: "2024-1-1" }`,
    `$filter: TenantContractFilter`,
    { filter: { activeOn: "2024-1-1" } },
    "filter.activeOn",
  ],
  [
    `filter: { activeOn: 20240101 }`,
    `$filter: TenantContractFilter`,
    { filter: { activeOn: 20240101 } },
    "filter.activeOn",
  ],
  [
    `filter: { and: [{ price: { eq: "12,5" } }] }`,
    `$filter: TenantContractFilter`,
    { filter: { and: [{ price: { eq: "12,5" } }] } },
    "filter.and.price.eq",
  ],
  [
    `filter: { price: { lt: "1e3" } }`,
    `$filter: TenantContractFilter`,
    { filter: { price: { lt: "1e3" } } },
    "filter.price.lt",
  ],
  [
    `filter: { price: { lt: true } }`,
    `$filter: TenantContractFilter`,
    { filter: { price: { lt: true } } },
    "filter.price.lt",
  ],
  [
    `filter: { not: { price: null } }`,
    `$filter: TenantContractFilter`,
    { filter: { not: { price: null } } },
    "filter.not.price",
  ],
  [
    `filter: { rent: { eq: 5 } }`,
    `$filter: TenantContractFilter`,
    { filter: { rent: { eq: 5 } } },
    "filter.rent",
  ],
  [
    `filter: { state: [OPEN] }`,
    `$filter: TenantContractFilter`,
    { filter: { state: ["OPEN"] } },
    "filter.state",
  ],
  [
    `filter: { almaId: { eq: "x" } }`,
    `$filter: TenantContractFilter`,
    { filter: { almaId: { eq: "x" } } },
    "filter.almaId.eq",
  ],
  [
    `orderBy: [{ field: PRICES }]`,
    `$orderBy: [TenantContractOrder!]`,
    { orderBy: [{ field: "PRICES" }] },
    "orderBy.field",
  ],
  [
    `orderBy: [{ field: PRICE, direction: UP }]`,
    `$orderBy: [TenantContractOrder!]`,
    { orderBy: [{ field: "PRICE", direction: "UP" }] },
    "orderBy.direction",
  ],
  [
    `orderBy: [{ direction: ASC }]`,
    `$orderBy: [TenantContractOrder!]`,
    { orderBy: [{ direction: "ASC" }] },
    "orderBy",
  ],
  [
    `orderBy: [{ field: PRICE }, { field: PRICE }]`,
    `$orderBy: [TenantContractOrder!]`,
    { orderBy: [{ field: "PRICE" }, { field: "PRICE" }] },
    "orderBy.field",
  ],
];

describe("a connection", () => {
  test.each(pages)("%s", async (literal, types, values, argument) => {
    // Positions in lists may be named or not.
    const parts = argument.split(".").map(quote).join("(\\.\\d+)?\\.");
    await refuses(`{ tenantContracts(${literal}) { totalCount } }`, new RegExp(`^${parts}(\\.\\d+)?$`));
    const given = Object.keys(values).map((name) => `${name}: $${name}`);
    const query = `query (${types}) { tenantContracts(${given.join(", ")}) { totalCount } }`;
    await refuses(query, new RegExp(`^\\$?${parts}(\\.\\d+)?$`), values as Record<string, unknown>);
  });

  test("is refused below a record, before the record is read", async () => {
    await refuses(`{ unit(ref: { almaId: 1001 }) { rooms(first: "x") { totalCount } } }`, "first");
    await refuses(
      `{ unit(ref: { almaId: 1001 }) { currentTenantContract(on: "2024-02-30") { price } } }`,
      "on",
    );
  });

  test("is refused for a variable inside a literal", async () => {
    const query = `query ($from: Date) { tenantContracts(filter: { startDate: { gte: $from } }) { totalCount } }`;
    await refuses(query, "$from", { from: "2024-02-30" });
    await refuses(
      `query ($from: Date = "2024-02-30") { tenantContracts(filter: { startDate: { gte: $from } }) { totalCount } }`,
      "$from",
    );
  });
});

describe("a null in a filter", () => {
  const variable =
    "query ($me: String) { tenantContracts(filter: { client: { externalId: $me } }) { totalCount } }";
  const whole = "query ($f: TenantContractFilter) { tenantContracts(filter: $f) { totalCount } }";
  test.each([
    ["a ref with a null", whole, { f: { client: { externalId: null } } }],
    ["a ref with a variable", variable, { me: null }],
    ["a ref with a variable that is not set", variable, {}],
    ["a ref inside or", whole, { f: { or: [{ client: null }] } }],
  ])("%s does not select everything", async (_what, query, variables) => {
    const answer = await one().query(query, variables);
    expect(answer.data?.tenantContracts ?? null).toBeNull();
    expect(answer.errors).toHaveLength(1);
  });

  test("is not given where it is an optional variable", async () => {
    const query = `query ($from: Date, $client: Ref, $state: [ContractState!]) { a: tenantContracts {totalCount}
      b: tenantContracts(filter: { startDate: { gte: $from }, client: $client, state: $state, or: null }) { totalCount } }`;
    const answer = await one().query(query, { from: null, client: null, state: null });
    expect(answer.errors).toBeUndefined();
    expect(answer.data.b).toEqual(answer.data.a);
  });
});

describe("a variable of a filter that has no value", () => {
  const types = { client: "Ref", state: "[ContractState!]", text: "String", fixed: 'String = "x"' };
  const ask = (filter: string, variables = {}) => {
    const declared = Object.entries(types).filter(([name]) => filter.includes(`$${name}`));
    return one().query(
      `query (${declared.map(([name, type]) => `$${name}: ${type}`)}) { ...F }
        fragment F on Query { tenantContracts(filter: ${filter}) { totalCount } }`,
      variables,
    );
  };

  test.each([
    ["or: [{ client: $client }]", "filter.or.0.client"],
    ['or: [{ name: { eq: "x" } }, { name: { contains: $text } }]', "filter.or.1.name.contains"],
    ["not: { state: $state }", "filter.not.state"],
    ["and: [{ not: { and: [{ name: { eq: $text } }] } }]", "filter.and.0.not.and.0.name.eq"],
  ])("is refused in %s", async (filter, argument) => {
    one().alma.asked();
    const { errors } = await ask(`{ ${filter} }`);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
    expect(errors?.[0]?.message).toContain("has no value");
    expect(one().alma.paths()).toEqual([]);
  });

  test("counts as not given elsewhere, and a default is a value", async () => {
    const all = await one().query("{ tenantContracts { totalCount } }");
    const whole = `query ($or: [TenantContractFilter!], $not: TenantContractFilter) {
      tenantContracts(filter: { or: $or, not: $not }) { totalCount } }`;
    for (const variables of [{}, { or: null, not: null }])
      expect((await one().query(whole, variables)).data).toEqual(all.data);
    expect((await ask("{ client: $client, state: $state, and: [{ name: { eq: $text } }] }")).data).toEqual(
      all.data,
    );
    expect((await ask("{ or: [{ name: { eq: $fixed } }] }")).data).toEqual({
      tenantContracts: { totalCount: 0 },
    });
    expect((await ask("{ or: [{ name: { eq: $text } }] }", { text: "x" })).errors).toBeUndefined();
  });
});

describe("@freshness", () => {
  test.each([`maxAge: -1`, `maxAge: 1.5`, `maxAge: "1"`])("%s", async (argument) => {
    await refuses(`query A @freshness(${argument}) { units { totalCount } }`, /^(@freshness\.)?maxAge$/);
  });
  test("ifUnreachable: NEVER", async () => {
    await refuses(
      `query A @freshness(ifUnreachable: NEVER) { units { totalCount } }`,
      /^(@freshness\.)?ifUnreachable$/,
    );
  });
});

describe("refused input is answered with status 400", () => {
  test.each([
    [`{ units(first: -1) { totalCount } }`, {}],
    [`{ units(first: "x") { totalCount } }`, {}],
    [`query ($first: Int) { units(first: $first) { totalCount } }`, { first: "x" }],
    [`query A @freshness(maxAge: -1) { units { totalCount } }`, {}],
  ])("%s", async (query, variables) => {
    const ask = (accept: string) =>
      fetch(`${one().address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", accept },
        body: JSON.stringify({ query, variables }),
      });
    expect((await ask("application/graphql-response+json")).status).toBe(400);
    expect((await ask("application/json")).status).toBe(200);
  });

  test("arguments omitted by @skip and @include are not checked", async () => {
    const query = `query ($no: Boolean!) { units(first: -1) @include(if: $no) { totalCount } rooms { totalCount } }`;
    expect((await one().query(query, { no: false })).data).toEqual({ rooms: { totalCount: 2 } });
    await refuses(query, "first", { no: true });
  });

  test("arguments are checked at any depth, and in fragments", async () => {
    await refuses(
      `{ unit(ref: { almaId: 1001 }) { building { units(first: -1) { totalCount } } } }`,
      "first",
    );
    await refuses(
      `{ units { nodes { ...F } } } fragment F on Unit { rooms(filter: { unit: { id: "Room:1" } }) { totalCount } }`,
      "filter.unit.id",
    );
  });
});
