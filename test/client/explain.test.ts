import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange as graphcache } from "@urql/exchange-graphcache";
import { GraphQLClient } from "graphql-request";
import relay from "relay-runtime";
import { map } from "rxjs";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { startGateway } from "../support/gateway.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";

const query = "query Names @explain { units(first: 2) { nodes { id name } } }";
/** What each client shows of an explanation: the list of units has not been read. */
const expected = { exact: false, calls: [{ kind: "Unit", read: "LIST", count: 1 }], total: { expected: 1 } };

let gateway: KeyedGateway;
let headers: Record<string, string>;
beforeAll(async () => {
  gateway = await startKeyedGateway();
  headers = { "x-api-key": gateway.key };
});
afterAll(() => gateway.close());
beforeEach(() => void gateway.asked());

test("Apollo Client shows an explanation to a link, and changes nothing in its cache", async () => {
  let explain: unknown;
  const note = new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      map((result) => {
        explain = result.extensions?.explain;
        return result;
      }),
    ),
  );
  const cache = new InMemoryCache();
  const client = new ApolloClient({
    link: ApolloLink.from([note, new HttpLink({ uri: gateway.url, headers })]),
    cache,
  });
  const { data, error } = await client.query({ query: gql(query), fetchPolicy: "no-cache" });
  expect({ data, error }).toEqual({ data: null, error: undefined });
  expect(explain).toMatchObject(expected);
  expect(cache.extract().ROOT_QUERY ?? {}).not.toHaveProperty("units");
  expect(gateway.asked()).toEqual([]);
});

test("urql shows an explanation, with its normalised cache too", async () => {
  const client = new Client({
    url: gateway.url,
    fetchOptions: { headers },
    preferGetMethod: false,
    exchanges: [graphcache({}), fetchExchange],
  });
  const { data, error, extensions } = await client.query(query, {});
  expect([data, error]).toEqual([null, undefined]);
  expect(extensions?.explain).toMatchObject(expected);
});

test("graphql-request shows an explanation", async () => {
  const { data, extensions } = await new GraphQLClient(gateway.url, { headers }).rawRequest(query);
  expect(data).toBeNull();
  expect((extensions as { explain: unknown }).explain).toMatchObject(expected);
});

test("Relay's network function sees an explanation, and Relay accepts the answer", async () => {
  let explain: unknown;
  const ask = async () => {
    const response = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query }),
    });
    const answer = await response.json();
    explain = answer.extensions.explain;
    return answer;
  };
  const environment = new relay.Environment({
    network: relay.Network.create(ask),
    store: new relay.Store(new relay.RecordSource()),
  });
  const request = {
    kind: "Request",
    fragment: { kind: "Fragment", name: "Names", type: "Query", selections: [] },
    operation: { kind: "Operation", name: "Names", argumentDefinitions: [], selections: [] },
    params: { name: "Names", text: query, id: null, cacheID: "1", metadata: {}, operationKind: "query" },
  } as unknown as Parameters<typeof relay.fetchQuery>[1];
  await expect(relay.fetchQuery(environment, request, {}).toPromise()).resolves.toEqual({});
  expect(explain).toMatchObject(expected);
});

test("an explanation is refused to a key that may not read what its query shows", async () => {
  const { key, record } = createApiKey("reader", ["read"], null);
  const reader = await startGateway({}, { API_KEYS: JSON.stringify([record]) });
  onTestFinished(() => reader.close());
  const text = "query Q @explain { units { nodes { internetPassword } } }";
  const { errors, extensions } = await reader.query(text, undefined, { "x-api-key": key });
  expect(errors?.map(({ extensions: { code } }) => code)).toEqual(["FORBIDDEN"]);
  expect(extensions?.explain).toBeUndefined();
});

test("no cache keeps an explanation that comes beside the data", async () => {
  const ask = async (directive: string) => {
    const text = `query Q ${directive} @freshness(maxAge: 60) { units(first: 1) { totalCount } }`;
    const response = await fetch(`${gateway.url}?query=${encodeURIComponent(text)}`, { headers });
    return response.headers.get("cache-control");
  };
  expect(await ask("")).toMatch(/^private, max-age=/);
  expect(await ask("@explain(data: true)")).toBe("no-store");
});

/** So many lookups by ids that Alma does not have. */
const lookups = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `u${index}: unit(ref: { externalId: "none-${index}" }) { name }`,
  ).join(" ");

test.each([
  ["", "units(first: 1) { nodes { name } }", {}, true],
  ["@freshness(maxAge: 0)", "units(first: 1) { nodes { name } }", {}, false],
  ["@freshness(maxAge: 0, of: ROWS)", "units(first: 1) { nodes { name } }", {}, false],
  ["@freshness(maxAge: 50)", "units(first: 1) { nodes { name } }", {}, true],
  // Without PRICE_PERIOD it is null, which the answer tells.
  ["", "tenantContracts(first: 1) { nodes { monthlyPrice } }", {}, false],
  ["", "unit(ref: { almaId: UNIT }) { internetPassword }", {}, false],
  ["", "units(first: 1) { nodes { name } }", { KEPT_ANSWERS: "0" }, false],
  // It is of the caller, not of the scopes that it has.
  ["", "viewer { name }", {}, false],
  ["", "__schema { queryType { name } } __typename", {}, true],
  ["", "dataIssues { code } bitrixDictionaries { kind }", {}, true],
  ["", 'unit(ref: { almaId: 1 }) { name } none: unit(ref: { externalId: "none" }) { name }', {}, true],
  ["", lookups(90), {}, true],
  ["", lookups(201), { MAX_ALIASES: "300" }, false],
  ["", lookups(201), { MAX_ALIASES: "300", CATALOG: "on" }, false],
  ["", `units(first: 1) { nodes { name } } # ${"long ".repeat(8_000)}\n`, {}, false],
  ["@freshness(ifUnreachable: SERVE_STALE)", "units(first: 1) { nodes { name } }", {}, true],
])(
  "an explanation says whether the answer is kept, as the third answer shows (case %#: %s)",
  async (freshness, fields, env, kept) => {
    const own = await startKeyedGateway({}, env);
    onTestFinished(() => own.close());
    const text = fields.replace("UNIT", `${own.simulator.data.units.all()[0]?.id}`);
    const ask = (directive: string) =>
      own.query(`query Q ${directive} ${freshness} { ${text} }`, undefined, { "x-api-key": own.key });
    await ask("");
    const explained = await ask("@explain");
    expect(explained.extensions?.explain?.kept, JSON.stringify(explained)).toBe(kept);
    await ask("");
    expect((await ask("")).extensions.alma.kept === true).toBe(kept);
    expect((await ask("@explain")).extensions.alma.kept).toBeUndefined();
  },
);
