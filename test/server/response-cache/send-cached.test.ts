import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { has } from "../../support/has.ts";

const keys = {
  reader: createApiKey("reader", ["read"], null),
  office: createApiKey("office", ["read", "personal", "secrets", "write"], null),
};
const env = { API_KEYS: JSON.stringify(Object.values(keys).map(({ record }) => record)), LOG_LEVEL: "info" };
let kept: TestGateway;
let unkept: TestGateway;
beforeAll(async () => {
  const size = { buildings: 3, units: 60, rooms: 20, clients: 5, ownerContracts: 5, tenantContracts: 5 };
  kept = await startGateway({ size }, env);
  unkept = await startGateway({ size }, { ...env, RESPONSE_CACHE_SIZE: "0" });
});
afterAll(() => Promise.all([kept.close(), unkept.close()]));

interface Asking {
  readonly method?: "GET" | "POST";
  readonly headers?: Record<string, string>;
  readonly body?: object;
}
async function ask(
  { address }: TestGateway,
  query: string,
  { method = "POST", headers = {}, body = {} }: Asking = {},
) {
  const all = { "x-api-key": keys.office.key, ...headers };
  const url = `${address}/graphql`;
  const response =
    method === "GET"
      ? await fetch(`${url}?${new URLSearchParams({ query })}`, { headers: all })
      : await fetch(url, {
          method,
          headers: { "content-type": "application/json", ...all },
          body: JSON.stringify({ query, ...body }),
        });
  const text = await response.text();
  const answer = text === "" ? undefined : JSON.parse(text);
  return {
    response,
    answer,
    alma: answer?.extensions?.alma,
    wasKept: answer?.extensions?.alma?.kept === true,
  };
}

const list = "query Names { units(first: 1000) { nodes { name header externalId } } }";
const small = "{ buildings(first: 1) { totalCount } }";

describe("a reused answer", () => {
  test.each([
    ["a list", list],
    ["what is only counted", small],
    ["nothing", '{ unit(ref: { externalId: "none" }) { name } }'],
    ["what the default page size has cut", "{ units { nodes { name } } }"],
    [
      "a field called extensions",
      "{ units(first: 1) { nodes { name } } extensions: buildings { totalCount } }",
    ],
    ["the schema", "{ __schema { queryType { name } } }"],
  ])("has the data, age and notes of the first: %s", async (_, query) => {
    const first = await ask(kept, query);
    const again = await ask(kept, query);
    expect(again.answer.data).toEqual(first.answer.data);
    expect(again.alma).toEqual({ ...first.alma, calls: 0, reused: again.alma.reused, kept: true });
    expect((await ask(unkept, query)).wasKept).toBe(false);
    expect((await ask(unkept, query)).alma.reused).toBe(again.alma.reused);
  });

  const accepts = [
    undefined,
    "*/*",
    "application/json",
    "application/graphql-response+json",
    "text/plain, */*;q=0.1",
  ];
  const cases = accepts.flatMap((accept) =>
    (["POST", "GET"] as const).flatMap((method) =>
      ["identity", "gzip", "br"].flatMap((encoding) =>
        [list, small].map((query) => [method, accept ?? "no Accept", encoding, query, accept] as const),
      ),
    ),
  );
  test.each(cases)("has the status and headers as without reuse: %s, %s, %s, %s", async (...given) => {
    const [method, , encoding, query, accept] = given;
    const headers = {
      "accept-encoding": encoding,
      "x-request-id": "one",
      origin: "https://example.com",
      ...(accept !== undefined && { accept }),
    };
    const headersOf = async (gateway: TestGateway) => {
      await ask(gateway, query, { method, headers });
      const { response, answer, wasKept } = await ask(gateway, query, { method, headers });
      const { date, "content-length": length, ...rest } = Object.fromEntries(response.headers);
      if (encoding === "identity") expect(Number(length)).toBe(JSON.stringify(answer).length);
      return { headers: { ...rest, etag: rest.etag?.length }, status: response.status, wasKept };
    };
    const withKeeping = await headersOf(kept);
    expect(withKeeping.wasKept).toBe(true);
    expect(withKeeping).toEqual({ ...(await headersOf(unkept)), wasKept: true });
  });

  test("is a 304 for a client that has it, with the ETag of a new answer", async () => {
    const made = await ask(unkept, list, { method: "GET" });
    await ask(kept, list, { method: "GET" });
    const again = await ask(kept, list, { method: "GET" });
    expect(again.wasKept).toBe(true);
    const etag = again.response.headers.get("etag") as string;
    expect(etag).toBe(made.response.headers.get("etag"));
    const bodies = [kept, unkept].map(async (gateway) => {
      const { response, answer } = await ask(gateway, list, {
        method: "GET",
        headers: { "if-none-match": etag },
      });
      const { date, ...headers } = Object.fromEntries(response.headers);
      return { status: response.status, answer, headers: { ...headers, "x-request-id": "" } };
    });
    expect(await bodies[0]).toEqual(await bodies[1]);
    expect((await bodies[0])?.status).toBe(304);
  });

  if (has("explorers"))
    test("is not sent to a browser that asks for a page", async () => {
      const headers = { accept: "text/html, */*;q=0.1", "sec-fetch-dest": "document" };
      const typeOf = async () => {
        const response = await fetch(`${kept.address}/graphql`, {
          headers: { ...headers, "x-api-key": keys.office.key },
        });
        return response.headers.get("content-type");
      };
      const page = await typeOf();
      expect(page).toContain("text/html");
      await ask(kept, small, { headers });
      const { response, wasKept } = await ask(kept, small, { headers });
      expect(response.headers.get("content-type")).toContain("application/json");
      expect(wasKept).toBe(true);
      expect(await typeOf()).toBe(page);
    });

  test("is logged and counted as an operation", async () => {
    const query = "query Logged { units(first: 2) { nodes { name } } }";
    const headers = { "x-request-id": "logged-1", "apollographql-client-name": "desk" };
    await ask(kept, query, { headers });
    await ask(kept, query, { headers });
    const [made, again] = kept.lines("operation").filter(({ operation }) => operation === "Logged");
    const { time, ms, age, ...rest } = again ?? {};
    expect(rest).toEqual({
      ...made,
      time: undefined,
      ms: undefined,
      age: undefined,
      calls: 0,
      reused: 2,
      kept: true,
    });
    expect(age).toBeGreaterThanOrEqual(0);
    const metrics = await (
      await fetch(`${kept.address}/metrics`, { headers: { "x-api-key": keys.office.key } })
    ).text();
    expect(metrics).toMatch(/operations_total\{operation="Logged",kind="query",outcome="ok"\} 2/);
    expect(metrics).toMatch(/kept_answers_total\{outcome="served"\} [1-9]/);
    expect(metrics).toMatch(/kept_answers_total\{outcome="missed"\} [1-9]/);
    expect(metrics).toMatch(/kept_answers_bytes [1-9]/);
  });
});

describe("a request gets a cached answer only", () => {
  const variables = "query ($n: Int) { units(first: $n) { nodes { name } } }";
  const two = `query A { units(first: 1) { totalCount } } query B { rooms(first: 1) { totalCount } }`;
  test.each<[string, string, object, object]>([
    ["of other variables", variables, { variables: { n: 1 } }, { variables: { n: 2 } }],
    ["of another operation", two, { operationName: "A" }, { operationName: "B" }],
    ["of an operation that is not named", two, { operationName: "A" }, {}],
  ])("with the same query, not %s", async (_, query, first, other) => {
    await ask(kept, query, { body: first });
    const { answer, wasKept } = await ask(kept, query, { body: other });
    expect(wasKept).toBe(false);
    expect(answer.data).toEqual((await ask(unkept, query, { body: other })).answer.data);
    expect((await ask(kept, query, { body: first })).wasKept).toBe(true);
  });

  test("of a caller with the same scopes", async () => {
    const query = "{ clients(first: 3) { nodes { email } } }";
    await ask(kept, query);
    expect((await ask(kept, query)).wasKept).toBe(true);
    const { response, answer } = await ask(kept, query, { headers: { "x-api-key": keys.reader.key } });
    expect(answer.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(response.status).toBe(403);
    expect((await ask(kept, query, { headers: { "x-api-key": "wrong" } })).response.status).toBe(401);
  });

  test("by a GET that a page of another origin cannot send without a preflight", async () => {
    const open = await startGateway({ size: 0 });
    const url = `${open.address}/graphql?${new URLSearchParams({ query: small })}`;
    for (let n = 0; n < 2; n++) await fetch(url, { headers: { "x-api-key": "any" } });
    const { status } = await fetch(url);
    await open.close();
    expect(status).toBe(400);
  });

  test("if its hash of a persisted query is that of the query", async () => {
    const wrong = { extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } };
    await ask(kept, small);
    const { answer } = await ask(kept, small, { body: wrong });
    expect(answer.errors[0].extensions.code).toBe("BAD_REQUEST");
  });
});

test.each([
  ["a door code", "{ unit(ref: { almaId: 9001 }) { keyboxCode } }"],
  ["an error beside data", '{ unit(ref: { id: "Room:1" }) { name } units(first: 1) { totalCount } }'],
  ["a fault of the document", "{ nonsense }"],
  ["data that is read now", "query @freshness(maxAge: 0) { units(first: 1) { nodes { name } } }"],
  [
    "a mutation",
    'mutation { updateUnit(ref: { externalId: "none" }, input: { name: "x" }, dryRun: true) { userErrors { code } } }',
  ],
])("an answer with %s is not kept", async (_, query) => {
  await ask(kept, query);
  expect((await ask(kept, query)).wasKept).toBe(false);
});

test("answers take no more memory than RESPONSE_CACHE_SIZE, and the least recently used one is evicted", async () => {
  const gateway = await startGateway({ size: 0 }, { RESPONSE_CACHE_SIZE: "100000", METRICS: "open" });
  const query = (n: number) => `{ a${n}: units(first: 1) { totalCount } }`;
  for (let n = 0; n < 40; n++) {
    await ask(gateway, query(n));
    expect((await ask(gateway, query(0))).wasKept).toBe(true);
  }
  expect((await ask(gateway, query(1))).wasKept).toBe(false);
  expect((await ask(gateway, query(39))).wasKept).toBe(true);
  const metrics = await (await fetch(`${gateway.address}/metrics`)).text();
  await gateway.close();
  expect(Number(/kept_answers_bytes (\d+)/.exec(metrics)?.[1])).toBeLessThanOrEqual(100_000);
  expect(metrics).toMatch(/kept_answers_total\{outcome="evicted"\} [1-9]/);
});

test("a number that JSON cannot represent does not get the answer of null", async () => {
  const query = "query Numbers($n: Int) { units(first: $n) { totalCount } }";
  const send = async (n: string) => {
    const response = await fetch(`${kept.address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": keys.office.key },
      body: `{"query":${JSON.stringify(query)},"variables":{"n":${n}}}`,
    });
    return (await response.json()) as { errors?: unknown; extensions: { alma: { kept?: boolean } } };
  };
  await send("null");
  expect((await send("null")).extensions.alma.kept).toBe(true);
  expect((await send("1e400")).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});
