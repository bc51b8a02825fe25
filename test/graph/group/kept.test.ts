import { expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { household } from "../../simulator/alma.ts";
import { startGateway } from "../../support/gateway.ts";
import { start } from "../start.ts";

const question = `query Rents { tenantContracts { groups(by: [{ field: BUILDING }, { field: OWNER }, { field: STATE }]) {
  nodes { keys { building { name } owner { lastName } state } count price { sum } } } } }`;

test("a cursor of groups is valid whether an argument is null or left out", async () => {
  const { query } = await start({ size: 1, data: {} }, { CATALOG: "on" });
  const page = (more: string) =>
    query(`{ tenantContracts { groups(by: [{ field: STATE }], first: 1${more}) {
      nodes { count } pageInfo { endCursor } } } }`);
  const { endCursor } = (await page("")).data.tenantContracts.groups.pageInfo;
  for (const having of ["", ", having: null"]) {
    const { errors } = await page(`${having}, after: ${JSON.stringify(endCursor)}`);
    expect([having, errors]).toEqual([having, undefined]);
  }
});

test("groups are kept, and recomputed after every change of their data", async () => {
  const { query, mutate, asked } = await start({ size: 1, data: {} }, { CATALOG: "on" });
  const ask = async () => {
    const { data, errors, extensions } = await query(question);
    expect(errors).toBeUndefined();
    return {
      nodes: data.tenantContracts.groups.nodes as Record<string, never>[],
      isKept: (extensions.alma as { kept?: boolean }).kept === true,
    };
  };
  let last = await ask();
  expect(last.nodes.length).toBeGreaterThan(0);
  expect(await ask()).toEqual({ ...last, isKept: true });
  const { data: found } = await query(`{
    tenantContracts(first: 1, filter: { state: [ACTIVE] }) { nodes { almaId rentalObject { building { almaId } } } }
    units(first: 1000) { nodes { currentOwnerContract { almaId } tenantContracts(includeRooms: true) { totalCount } } }
  }`);
  type Let = { currentOwnerContract: { almaId: number } | null; tenantContracts: { totalCount: number } };
  const owned = (found.units.nodes as Let[]).find(
    ({ currentOwnerContract, tenantContracts }) => currentOwnerContract && tenantContracts.totalCount > 0,
  );
  const { almaId, rentalObject } = found.tenantContracts.nodes[0];
  const ownerContract = owned?.currentOwnerContract?.almaId;
  const building = rentalObject.building.almaId;
  const changes = [
    `updateTenantContract(ref: { almaId: ${almaId} }, input: { price: "1.23" })`,
    `updateTenantContract(ref: { almaId: ${almaId} }, input: { startDate: "2091-01-01", endDate: "2091-12-31" })`,
    `updateOwnerContract(ref: { almaId: ${ownerContract} }, input: { startDate: "2001-01-01", endDate: "2001-12-31" })`,
    `updateBuilding(ref: { almaId: ${building} }, input: { name: "Renamed" })`,
  ];
  for (const change of changes) {
    const { userErrors } = await mutate(change, "__typename");
    expect([change, userErrors]).toEqual([change, []]);
    asked();
    const next = await ask();
    expect([change, next.isKept]).toEqual([change, false]);
    expect(JSON.stringify(next.nodes), change).not.toBe(JSON.stringify(last.nodes));
    last = next;
    // Background work may have read records meanwhile: the answer is the same, cached or not.
    expect((await ask()).nodes).toEqual(last.nodes);
  }
});

test("contracts ordered by linked records are cached, and sorted again once such a name has changed", async () => {
  const { query, mutate, asked } = await start({ size: 1, data: {} }, { CATALOG: "on" });
  interface Linked {
    readonly __typename: string;
    readonly almaId: number;
  }
  interface Contract extends Linked {
    readonly client: Linked;
    readonly rentalObject: Linked & { readonly unit: Linked };
  }
  const ask = async (order: string) => {
    const { data, errors, extensions } = await query(`{
      tenantContracts(first: 1000, orderBy: { field: ${order} }) { nodes {
        almaId client { almaId __typename } rentalObject { almaId __typename unit { almaId __typename } } } } }`);
    expect(errors).toBeUndefined();
    const { kept = false } = extensions.alma as { kept?: boolean };
    return { nodes: data.tenantContracts.nodes as Contract[], kept };
  };
  const renamed = {
    UNIT_NAME: ({ rentalObject }: Contract) => [rentalObject.unit, "name"] as const,
    RENTAL_OBJECT_NAME: ({ rentalObject }: Contract) => [rentalObject, "name"] as const,
    CLIENT_NAME: ({ client }: Contract) => [client, "lastName"] as const,
  };
  for (const [order, nameOf] of Object.entries(renamed)) {
    const { nodes } = await ask(order);
    expect(await ask(order)).toEqual({ nodes, kept: true });
    const [{ __typename, almaId }, field] = nameOf(nodes[0] as Contract);
    const change = `update${__typename}(ref: { almaId: ${almaId} }, input: { ${field}: "я" })`;
    const { userErrors } = await mutate(change, "__typename");
    expect([change, userErrors]).toEqual([change, []]);
    asked();
    const next = await ask(order);
    expect([order, next.kept]).toEqual([order, false]);
    expect(next.nodes[0]?.almaId, order).not.toBe(nodes[0]?.almaId);
  }
});

test("a guarded record is guarded in keys too", async () => {
  const { key, record } = createApiKey("reader", ["read"], null);
  const gateway = await startGateway(
    { size: 0, data: household },
    { API_KEYS: JSON.stringify([record]), CATALOG: "on" },
  );
  onTestFinished(() => gateway.close());
  await gateway.warm();
  const ask = async (selection: string) => {
    const response = await fetch(`${gateway.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: JSON.stringify({
        query: `{ tenantContracts { groups(by: [{ field: CLIENT }]) { nodes { count keys { client { ${selection} } } } } } }`,
      }),
    });
    return (await response.json()) as { errors?: { extensions: { code: string } }[] };
  };
  expect((await ask("lastName")).errors).toBeUndefined();
  expect((await ask("email")).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
});
