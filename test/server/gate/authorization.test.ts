import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type KeyName, keyEnv, keys, scopedGraph } from "../access/scoped-graph.ts";
import { start } from "../http/small-graph.ts";

const { graph, executed } = scopedGraph();
let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start(graph, keyEnv);
});
afterAll(() => server.close());
beforeEach(() => {
  executed.length = 0;
});

const ask = (key: KeyName, query: string, variables?: object) =>
  server.post(query, variables, { "x-api-key": keys[key].key });

test.each<[KeyName, string]>([
  ["read", "{ clients { totalCount nodes { id name } } }"],
  ["personal", '{ clients(filter: { email: "anna" }, orderBy: [{ field: EMAIL }]) { nodes { email } } }'],
  ["secrets", "{ unit { name keyboxCode } }"],
  ["secrets", "{ unit { a: keyboxCode b: keyboxCode ...F } } fragment F on Unit { keyboxCode }"],
  ["secrets", "{ rentalObject { keyboxCode ... on Unit { keyboxCode } } }"],
  [
    "write",
    'mutation { createClient(input: { name: "A", email: "a@b" }) { userErrors } uploadFile { almaId } }',
  ],
  ["all", 'mutation { createClient(input: { name: "A" }) { client { id email } } }'],
  ["none", "{ __typename __schema { queryType { name } } }"],
  ["read", "{ client { id email @include(if: false) } }"],
  ["read", "query ($f: ClientFilter) { clients(filter: $f) { nodes { id } } }"],
])('the key "%s" may execute %s', async (key, query) => {
  const { status, body } = await ask(key, query);
  expect(body.errors).toBeUndefined();
  expect(status).toBe(200);
});

test.each<[KeyName, string[], string, object?]>([
  ["none", ["READ"], "{ open }"],
  ["none", ["READ"], "{ anything { ... on Client { id } } }"],
  ["write", ["READ"], "{ client { id } }"],
  ["write", ["READ"], "mutation { createClient(input: {}) { client { id } } }"],
  ["read", ["WRITE"], "mutation { uploadFile { almaId } }"],
  ["write", ["READ", "PERSONAL"], "mutation { createClient(input: {}) { client { email } } }"],
  ["read", ["PERSONAL"], "{ client { email } }"],
  ["read", ["PERSONAL"], "{ client { name: email } }"],
  ["read", ["PERSONAL"], "{ client { ...F } } fragment F on Client { ...G } fragment G on Client { email }"],
  ["read", ["PERSONAL"], '{ node(id: "Client:1") { ... on Client { email } } }'],
  ["read", ["PERSONAL"], '{ node(id: "Client:1") { ... { ... on Client { email } } } }'],
  ["read", ["PERSONAL"], "{ anything { ... on Client { email } } }"],
  ["read", ["PERSONAL"], "{ units { edges { node { tenant { email } } } } }"],
  ["read", ["PERSONAL"], "{ client { email @include(if: true) } }"],
  ["read", ["PERSONAL"], "query ($no: Boolean = false) { client { ... @skip(if: $no) { email } } }"],
  ["read", ["PERSONAL"], "{ contracts { scan } }"],
  ["read", ["PERSONAL"], '{ clients(filter: { email: "a" }) { totalCount } }'],
  ["read", ["PERSONAL"], '{ clients(filter: { and: [{ and: [{ email: "a" }] }] }) { totalCount } }'],
  ["read", ["PERSONAL"], '{ clients(filter: { contract: { client: { email: "a" } } }) { totalCount } }'],
  ["read", ["PERSONAL"], '{ contracts(filter: { client: { email: "a" } }) { client { id } } }'],
  ["read", ["PERSONAL"], "query ($e: String) { clients(filter: { email: $e }) { totalCount } }"],
  [
    "read",
    ["PERSONAL"],
    "query ($f: ClientFilter) { clients(filter: $f) { totalCount } }",
    { f: { email: "a" } },
  ],
  [
    "read",
    ["PERSONAL"],
    "query ($f: ClientFilter) { clients(filter: $f) { totalCount } }",
    { f: { and: { email: "a" } } },
  ],
  [
    "read",
    ["PERSONAL"],
    "query ($f: [ClientFilter!]) { clients(filter: { and: $f }) { totalCount } }",
    { f: [{ and: [{ email: "a" }] }] },
  ],
  [
    "read",
    ["PERSONAL"],
    "query ($f: ContractFilter) { contracts(filter: $f) { client { id } } }",
    { f: { client: { email: null } } },
  ],
  ["read", ["PERSONAL"], 'query ($f: ClientFilter = { email: "a" }) { clients(filter: $f) { totalCount } }'],
  ["read", ["PERSONAL"], "{ clients(orderBy: { field: EMAIL }) { totalCount } }"],
  [
    "read",
    ["PERSONAL"],
    "query ($o: [ClientOrder!]) { clients(orderBy: $o) { totalCount } }",
    { o: [{ field: "EMAIL" }] },
  ],
  [
    "read",
    ["PERSONAL"],
    "query ($o: ClientOrderField!) { clients(orderBy: [{ field: $o }]) { totalCount } }",
    { o: "EMAIL" },
  ],
  ["read", ["SECRETS"], "{ unit { keyboxCode } }"],
  ["read", ["SECRETS"], "{ rentalObject { keyboxCode } }"],
  ["read", ["SECRETS"], '{ node(id: "x") { ... on RentalObject { keyboxCode } } }'],
  ["read", ["PERSONAL", "SECRETS"], "{ unit { keyboxCode tenant { email } } }"],
])('the key "%s" lacks %s for %s', async (key, missing, query, variables) => {
  const { status, body } = await ask(key, query, variables);
  expect(status).toBe(403);
  expect(body.data).toBeUndefined();
  expect(body.errors).toHaveLength(1);
  expect(body.errors[0].extensions.code).toBe("FORBIDDEN");
  expect(new Set(body.errors[0].extensions.missing)).toEqual(new Set(missing));
  expect(executed).toEqual([]);
});

test("the refusal lists the missing scopes, the elements that need them, and the caller's scopes", async () => {
  const { body } = await ask(
    "read",
    '{ a: client { email } contracts(filter: { client: { email: "x" } }) { scan } }',
  );
  expect(body.errors[0].message).toContain("personal (for ");
  for (const element of ["Client.email", "Contract.scan", "ClientFilter.email"]) {
    expect(body.errors[0].message).toContain(element);
  }
  expect(body.errors[0].message).toContain("The caller has: read.");
});

test("only the operation that is executed is checked", async () => {
  const document = "query A { client { id } } query B { client { email } }";
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": keys.read.key },
    body: JSON.stringify({ query: document, operationName: "A" }),
  });
  expect((await response.json()).data).toEqual({ client: { id: "Client:1" } });
  const other = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": keys.read.key },
    body: JSON.stringify({ query: document, operationName: "B" }),
  });
  expect(other.status).toBe(403);
});

test("a GET and a second request with the same document are checked as well", async () => {
  const url = `${server.url}/graphql?query=${encodeURIComponent("{ client { email } }")}`;
  expect((await ask("personal", "{ client { email } }")).status).toBe(200);
  for (const [key, status] of [
    ["read", 403],
    ["personal", 200],
    ["read", 403],
  ] as const) {
    expect((await fetch(url, { headers: { "x-api-key": keys[key].key } })).status).toBe(status);
    expect((await ask(key, "{ client { email } }")).status).toBe(status);
  }
});

describe("secrets of more than one record per operation", () => {
  test.each([
    "{ units { nodes { keyboxCode } } }",
    "{ units { edges { node { keyboxCode } } } }",
    "{ a: unit { keyboxCode } b: unit { keyboxCode } }",
    "{ unit { keyboxCode parent { keyboxCode } } }",
    "{ units(first: 1) { nodes { ...F } } } fragment F on RentalObject { keyboxCode }",
    "{ client { units { nodes { keyboxCode } } } }",
    "{ unit { parent { keyboxCode } } rentalObject { keyboxCode } }",
  ])("are refused: %s", async (query) => {
    const { status, body } = await ask("all", query);
    expect(status).toBe(403);
    expect(body.errors[0].message).toContain("for one record per operation");
    expect(executed).toEqual([]);
  });
});

test("an open gateway requires no scope", async () => {
  const open = await start(graph);
  const { body } = await open.post("{ unit { keyboxCode tenant { email } } }");
  expect(body.data.unit).toEqual({ keyboxCode: "1234", tenant: { email: "anna@example.com" } });
  await open.close();
});
