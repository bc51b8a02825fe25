import { Client, cacheExchange, fetchExchange, gql } from "@urql/core";
import { cacheExchange as graphcache } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type KeyedGateway, notingFetch, startKeyedGateway } from "../../../test/client/keyed-gateway.ts";
import { startGateway } from "../../../test/support/gateway.ts";

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
