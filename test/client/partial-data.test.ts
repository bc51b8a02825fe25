import { ApolloClient, type CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { GraphQLClient } from "graphql-request";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { blocksOf } from "../support/documentation.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { importPage } from "./page-client.ts";

// What the clients of docs/frontend.md make of a list that lacks a record that cannot be read.

let gateway: KeyedGateway;
let variables: { building: { almaId: number } };
let shown: number;
beforeAll(async () => {
  gateway = await startKeyedGateway();
  const [unit] = gateway.simulator.data.units.all();
  const building = unit?.building ?? 0;
  variables = { building: { almaId: building } };
  shown = gateway.simulator.data.units.by("building", building).length - 1;
  gateway.simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ path }) => path === `realty/units/${unit?.id}/`,
  });
});
afterAll(() => gateway.close());

interface Contacts {
  readonly clients: { readonly nodes: readonly object[] };
}

const text = "query Units($building: Ref!) { building(ref: $building) { id units { totalCount } } }";
const headers = () => ({ "x-api-key": gateway.key });
const expected = () => ({ building: { units: { totalCount: shown } } });

test("Apollo Client shows data and error with the errorPolicy all", async () => {
  const client = new ApolloClient({
    link: new HttpLink({ uri: gateway.url, headers: headers() }),
    cache: new InMemoryCache(),
  });
  const { data, error } = await client.query({ query: gql(text), variables, errorPolicy: "all" });
  expect(data).toMatchObject(expected());
  expect((error as CombinedGraphQLErrors).errors).toMatchObject([{ path: ["building", "units"] }]);
});

test("urql shows data and error by default", async () => {
  const client = new Client({
    url: gateway.url,
    fetchOptions: () => ({ headers: headers() }),
    exchanges: [cacheExchange, fetchExchange],
  });
  const { data, error } = await client.query(text, variables);
  expect(data).toMatchObject(expected());
  expect(error?.graphQLErrors).toMatchObject([{ path: ["building", "units"] }]);
});

test("graphql-request shows the data with the errorPolicy all, and the error by rawRequest", async () => {
  const client = new GraphQLClient(gateway.url, { headers: headers(), errorPolicy: "all" });
  expect(await client.request(text, variables)).toMatchObject(expected());
  const { data, errors } = await client.rawRequest(text, variables);
  expect(data).toMatchObject(expected());
  expect(errors).toMatchObject([{ path: ["building", "units"] }]);
});

test("each client of the page shows the rest of a screen for which a key lacks a scope, and says what is missing", async () => {
  const reader = createApiKey("reader", ["read"], null);
  const limited = await startKeyedGateway({}, { API_KEYS: JSON.stringify([reader.record]) });
  const [contacts = ""] = blocksOf("docs/frontend.md", "graphql").filter((block) =>
    block.includes("@missing"),
  );
  const [first] = limited.simulator.data.clients.all();
  const shown = { lastName: first?.last_name, email: null, phone: null };
  const errors = ["email", "phone"].map((field) => ({
    path: ["clients", "nodes", 0, field],
    extensions: { code: "FORBIDDEN", missing: ["PERSONAL"] },
  }));
  const apollo = await importPage<{ client: ApolloClient }>("Apollo Client", limited.url, reader.key);
  const one = await apollo.client.query<Contacts>({ query: gql(contacts) });
  const urql = await importPage<{ client: Client }>("urql", limited.url, reader.key);
  const two = await urql.client.query<Contacts>(contacts, {});
  expect([one.data?.clients.nodes[0], two.data?.clients.nodes[0]]).toMatchObject([shown, shown]);
  expect((one.error as CombinedGraphQLErrors).errors).toMatchObject(errors);
  expect(two.error?.graphQLErrors).toMatchObject(errors);
  await limited.close();
});
