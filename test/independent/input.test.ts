import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { portfolio } from "./alma/portfolio.ts";
import { type Stage, stage } from "./gateway.ts";

let one: Stage;
beforeAll(async () => {
  one = await stage(
    portfolio({ buildings: 1, units: 2, rooms: 2, clients: 1, tenantContracts: 2, ownerContracts: 1 }),
  );
});
afterAll(() => one.close());

async function refuses(
  query: string,
  argument: string | RegExp,
  variables?: Readonly<Record<string, unknown>>,
): Promise<void> {
  one.alma.asked();
  const answer = await one.query(query, variables);
  expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(["BAD_USER_INPUT"]);
  const [error] = answer.errors ?? [];
  expect(error?.extensions.argument).toMatch(
    argument instanceof RegExp ? argument : new RegExp(`^${quote(argument)}$`),
  );
  expect(error?.message).not.toMatch(/\n| at .*\.ts/);
  expect(one.alma.paths()).toEqual([]);
}

const quote = (text: string): string => text.replace(/[.$@]/g, "\\$&");

/** A ref, as a literal and as a variable's value, and the argument that is at fault below `ref`. */
const refs: [literal: string, value: unknown, at: string][] = [
  [`{ id: "Unit" }`, { id: "Unit" }, ".id"],
  [`{ id: "Unit:0" }`, { id: "Unit:0" }, ".id"],
  [`{ id: "Unit:1x" }`, { id: "Unit:1x" }, ".id"],
  [`{ id: "Unit:99999999999" }`, { id: "Unit:99999999999" }, ".id"],
  [`{ id: "Room:1001" }`, { id: "Room:1001" }, ".id"],
  [`{ id: "Квартира:1" }`, { id: "Квартира:1" }, ".id"],
  [`{ id: "" }`, { id: "" }, ".id"],
  [`{ id: 5.5 }`, { id: 5.5 }, ".id"],
  [`{ almaId: 0 }`, { almaId: 0 }, ".almaId"],
  [`{ almaId: -7 }`, { almaId: -7 }, ".almaId"],
  [`{ almaId: 1.5 }`, { almaId: 1.5 }, ".almaId"],
  [`{ almaId: "1001" }`, { almaId: "1001" }, ".almaId"],
  [`{ almaId: 99999999999 }`, { almaId: 99999999999 }, ".almaId"],
  [`{ externalId: "" }`, { externalId: "" }, ".externalId"],
  [`{ externalId: ".." }`, { externalId: ".." }, ".externalId"],
  [`{ externalId: "a/./b" }`, { externalId: "a/./b" }, ".externalId"],
  [`{ externalId: "a\\\\..\\\\b" }`, { externalId: "a\\..\\b" }, ".externalId"],
  [`{ externalId: "a\\u0000b" }`, { externalId: "a\u0000b" }, ".externalId"],
  [`{ externalId: "a\\nb" }`, { externalId: "a\nb" }, ".externalId"],
  [`{ externalId: 5 }`, { externalId: 5 }, ".externalId"],
  [`{ externalId: ["a"] }`, { externalId: ["a"] }, ".externalId"],
  [`{}`, {}, ""],
  [`{ id: "Unit:1001", almaId: 1001 }`, { id: "Unit:1001", almaId: 1001 }, ""],
  [`{ id: "Unit:1001", externalId: null }`, { id: "Unit:1001", externalId: null }, ""],
  [`"Unit:1001"`, "Unit:1001", ""],
  [`[1]`, [1], ""],
];

describe("a ref", () => {
  test.each(refs)("%s", async (literal, value, at) => {
    await refuses(`{ unit(ref: ${literal}) { name } }`, `ref${at}`);
    const argument = new RegExp(`^\\$?(ref|r)${quote(at)}$`);
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, argument, { r: value });
    await refuses(
      `{ units(filter: { building: ${literal.replace(/Unit/g, "Building")} }) { totalCount } }`,
      `filter.building${at}`,
    );
    await refuses(
      `{ units { nodes { name } } rentalObject(ref: ${literal.replace("Room:1001", "Client:1")}) { name } }`,
      `ref${at}`,
    );
  });

  test("null is refused", async () => {
    await refuses(`{ unit(ref: { id: null }) { name } }`, /^ref/);
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, "$r", { r: null });
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, "$r", {});
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, /^\$?r/, { r: { id: null } });
  });

  test("a global id by itself", async () => {
    await refuses(`{ node(id: "Flat:1") { id } }`, "id");
    await refuses(`{ nodes(ids: ["Unit:1001", "Unit"]) { id } }`, "ids.1");
    await refuses(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "ids.0", { ids: ["x"] });
    await refuses(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "$ids.0", { ids: [null] });
  });
});

/** Arguments of a connection, as literals and as variables, and which is at fault. */
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
  [`filter: { price: null }`, `$filter: TenantContractFilter`, { filter: { price: null } }, "filter.price"],
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
    // Places in lists may be named or not.
    const parts = argument.split(".").map(quote).join("(\\.\\d+)?\\.");
    await refuses(`{ tenantContracts(${literal}) { totalCount } }`, new RegExp(`^${parts}(\\.\\d+)?$`));
    const given = Object.keys(values).map((name) => `${name}: $${name}`);
    const query = `query (${types}) { tenantContracts(${given.join(", ")}) { totalCount } }`;
    await refuses(query, new RegExp(`^\\$?${parts}(\\.\\d+)?$`), values as Record<string, unknown>);
  });

  test("below a record, before the record is read", async () => {
    await refuses(`{ unit(ref: { almaId: 1001 }) { rooms(first: "x") { totalCount } } }`, "first");
    await refuses(
      `{ unit(ref: { almaId: 1001 }) { currentTenantContract(on: "2024-02-30") { price } } }`,
      "on",
    );
  });

  test("with a variable inside a literal", async () => {
    const query = `query ($from: Date) { tenantContracts(filter: { startDate: { gte: $from } }) { totalCount } }`;
    await refuses(query, "$from", { from: "2024-02-30" });
    await refuses(
      `query ($from: Date = "2024-02-30") { tenantContracts(filter: { startDate: { gte: $from } }) { totalCount } }`,
      "$from",
    );
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

describe("a refusal is a bad request, not a fault of the gateway", () => {
  test.each([
    [`{ units(first: -1) { totalCount } }`, {}],
    [`{ units(first: "x") { totalCount } }`, {}],
    [`query ($first: Int) { units(first: $first) { totalCount } }`, { first: "x" }],
    [`query A @freshness(maxAge: -1) { units { totalCount } }`, {}],
  ])("%s", async (query, variables) => {
    const ask = (accept: string) =>
      fetch(`${one.address}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", accept },
        body: JSON.stringify({ query, variables }),
      });
    expect((await ask("application/graphql-response+json")).status).toBe(400);
    expect((await ask("application/json")).status).toBe(200);
  });

  test("what is left out by @skip and @include is not looked at", async () => {
    const query = `query ($no: Boolean!) { units(first: -1) @include(if: $no) { totalCount } rooms { totalCount } }`;
    expect((await one.query(query, { no: false })).data).toEqual({ rooms: { totalCount: 2 } });
    await refuses(query, "first", { no: true });
  });

  test("deep inside, and in fragments", async () => {
    await refuses(
      `{ unit(ref: { almaId: 1001 }) { building { units(first: -1) { totalCount } } } }`,
      "first",
    );
    await refuses(
      `{ units { nodes { ...F } } } fragment F on Unit { rooms(filter: { parentUnit: { id: "Room:1" } }) { totalCount } }`,
      "filter.parentUnit.id",
    );
  });
});
