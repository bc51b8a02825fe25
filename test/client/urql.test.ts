import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { cacheExchange as graphcache } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { type KeyedGateway, notingFetch, startKeyedGateway } from "./keyed-gateway.ts";
import { importPage } from "./page-client.ts";

let gateway: KeyedGateway;
beforeAll(async () => {
  gateway = await startKeyedGateway();
});
afterAll(() => gateway.close());
beforeEach(() => void gateway.asked());

const keyed = () => ({ headers: { "x-api-key": gateway.key } });
const query = gql`
  query Units($after: String) {
    units(first: 20, after: $after) {
      __typename
      edges { __typename node { __typename id name } }
      pageInfo { __typename hasNextPage endCursor hasPreviousPage startCursor }
    }
  }
`;

test("urql with its defaults sends a GET and reads the answer", async () => {
  const { fetch, sent } = notingFetch();
  const client = new Client({
    url: gateway.url,
    fetch,
    fetchOptions: keyed,
    exchanges: [cacheExchange, fetchExchange],
  });
  const { data, error } = await client.query(query, {});
  expect(error).toBeUndefined();
  expect(data.units.edges).toHaveLength(20);
  expect(sent).toEqual(["GET operationName,query,variables"]);
});

test("graphcache with relayPagination collects every page in order", async () => {
  const client = new Client({
    url: gateway.url,
    fetchOptions: keyed,
    exchanges: [graphcache({ resolvers: { Query: { units: relayPagination() } } }), fetchExchange],
  });
  let page = (await client.query(query, {})).data.units;
  while (page.pageInfo.hasNextPage) {
    page = (await client.query(query, { after: page.pageInfo.endCursor })).data.units;
  }
  const ids = page.edges.map(({ node }: { node: { id: string } }) => node.id);
  expect(ids).toEqual(gateway.simulator.data.units.all().map(({ id }) => `Unit:${id}`));
});

test("a long query is sent by POST, an error has its code, a wrong key its status", async () => {
  const { fetch, sent } = notingFetch();
  const client = new Client({
    url: gateway.url,
    fetch,
    fetchOptions: keyed,
    exchanges: [cacheExchange, fetchExchange],
  });
  const ids = gateway.simulator.data.clients.all().map(({ id }) => `Client:${id}`);
  const many = await client.query(gql`query Many($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
  expect(many.error).toBeUndefined();
  expect(many.data.nodes.map(({ id }: { id: string }) => id)).toEqual(ids);
  expect(sent).toEqual(["POST operationName,query,variables"]);

  const wrong = await client.query(gql`{ unit(ref: { id: "Room:1" }) { id } }`, {});
  expect(wrong.error?.graphQLErrors[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });

  const unknown = await client.query(query, {}, { fetchOptions: { headers: { "x-api-key": "none" } } });
  expect(unknown.error?.response.status).toBe(401);
});

test("the client of the page shows what it writes at once, and lists what is made and archived", async () => {
  const { client } = await importPage<{ client: Client }>("urql", gateway.url, gateway.key);
  const { units } = gateway.simulator.data;
  const [first] = units.all();
  const header = () => units.get(first?.id)?.header;
  const before = header();
  const shown: unknown[] = [];
  const screen = gql`query ($id: ID!) { unit(ref: { id: $id }) { id header goalRentCost } }`;
  const id = `Unit:${first?.id}`;
  await client.query(screen, { id });
  const watched = client
    .query(screen, { id })
    .subscribe(({ data }) => shown.push([data?.unit.header, data?.unit.goalRentCost, header()]));
  const update = gql`mutation ($id: ID!, $input: UpdateUnitInput!) {
    updateUnit(ref: { id: $id }, input: $input) {
      unit { id header goalRentCost } userErrors { code field message }
    }
  }`;
  const goal = Number(first?.goal_rent_cost).toFixed(2);
  await client.mutation(update, { id, input: { header: "By the sea" } });
  // A refused one is taken back.
  await client.mutation(update, { id, input: { goalRentCost: "-1" } });
  expect(shown).toEqual([
    [before, goal, before],
    ["By the sea", goal, before],
    ["By the sea", goal, "By the sea"],
    ["By the sea", "-1", "By the sea"],
    ["By the sea", goal, "By the sea"],
  ]);
  watched.unsubscribe();
  // A choice has another form in the input, so that nothing of it is shown before the answer.
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const choice = gql`mutation ($id: ID!, $input: UpdateUnitInput!) {
    updateUnit(ref: { id: $id }, input: $input) { unit { id header propertyType { value } } userErrors { code } }
  }`;
  const chosen = await client.mutation(choice, {
    id,
    input: { header: "In the hills", propertyType: "studio" },
  });
  expect(chosen.data.updateUnit.unit.propertyType.value).toBe("studio");
  expect(warn.mock.calls).toEqual([]);
  warn.mockRestore();

  const names: string[][] = [];
  const list = gql`{ units(first: 3, filter: { isArchived: false }) { edges { node { id name } } pageInfo { hasNextPage endCursor } } }`;
  const listed = client
    .query(list, {})
    .subscribe(({ data }) =>
      names.push(data?.units.edges.map(({ node }: { node: { name: string } }) => node.name)),
    );
  const create = gql`mutation ($input: CreateUnitInput!) {
    createUnit(input: $input) { unit { id } userErrors { code field message } }
  }`;
  const input = {
    externalId: "urql-1",
    name: "Newest",
    building: { almaId: first?.building },
    propertyType: "studio",
  };
  await expect.poll(() => names.length).toBe(1);
  const made = await client.mutation(create, { input });
  await expect.poll(() => names.at(-1)?.[0], { timeout: 10_000 }).toBe("Newest");
  const archive = gql`mutation ($id: ID!) { archiveUnit(ref: { id: $id }) { unit { id } userErrors { code } } }`;
  await client.mutation(archive, { id: made.data.createUnit.unit.id });
  await expect.poll(() => names.at(-1)?.[0], { timeout: 10_000 }).toBe(first?.name);
  listed.unsubscribe();
});

test("an open gateway refuses urql's plain GET and names the header to add", async () => {
  const open = await startGateway({ size: 0 });
  const client = new Client({
    url: `${open.address}/graphql`,
    exchanges: [fetchExchange],
  });
  const bare = await client.query(gql`{ units { totalCount } }`, {});
  expect(bare.error?.message).toContain("apollo-require-preflight");
  const fetchOptions = { headers: { "apollo-require-preflight": "true" } };
  const told = await client.query(gql`{ units { totalCount } }`, {}, { fetchOptions });
  expect(told.data).toEqual({ units: { totalCount: 0 } });
  await open.close();
});
