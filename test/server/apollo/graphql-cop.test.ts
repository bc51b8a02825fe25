import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { keyEnv, keys } from "../access/scoped-graph.ts";

/**
 * The checks of graphql-cop (github.com/dolevf/graphql-cop) against a production configuration: not on loopback, with
 * keys, and with INTROSPECTION off. A check is true if it finds its problem.
 */
let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  gateway = await startGateway({}, { ...keyEnv, HOST: "0.0.0.0", INTROSPECTION: "off" });
  url = `${gateway.address.replace("0.0.0.0", "127.0.0.1")}/graphql`;
});
afterAll(() => gateway.close());

type Headers = Record<string, string>;
type Json = { readonly data?: Record<string, never>; readonly errors?: readonly Record<string, never>[] };

/** A response as JSON; non-JSON counts as empty, as in graphql-cop, whose checks then find nothing. */
async function read(response: Response): Promise<Json> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
const ask = async (headers: Headers, payload: unknown) =>
  read(
    await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(payload),
    }),
  );
const cop = (headers: Headers, query: string) => ask(headers, { query, operationName: "cop" });
const get = async (headers: Headers, query: string) =>
  read(await fetch(`${url}?${new URLSearchParams({ query })}`, { headers }));
const repeat = (times: number, each: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => each(n)).join(" \n");

const checks: Record<string, (headers: Headers) => Promise<boolean>> = {
  "alias overloading": async (headers) =>
    Boolean(
      (await cop(headers, `query cop { ${repeat(101, (n) => `alias${n}:__typename`)} }`)).data?.alias100,
    ),
  "array-based batching": async (headers) => {
    const batch = Array.from({ length: 10 }, () => ({
      query: "query cop { __typename }",
      operationName: "cop",
    }));
    const answer = await ask(headers, batch);
    return Array.isArray(answer) && answer.length >= 10;
  },
  "directive overloading": async (headers) =>
    (await cop(headers, "query cop { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }")).errors?.length === 10,
  "circular introspection": async (headers) => {
    const query =
      "query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }";
    return Boolean((await cop(headers, query)).data?.__schema);
  },
  "mutation by GET": async (headers) =>
    Boolean((await get(headers, "mutation cop {__typename}")).data?.__typename),
  "query by GET": async (headers) => Boolean((await get(headers, "query cop {__typename}")).data?.__typename),
  "urlencoded POST": async (headers) => {
    const body = new URLSearchParams({ query: "query cop { __typename }" });
    return Boolean((await read(await fetch(url, { method: "POST", headers, body }))).data?.__typename);
  },
  "field duplication": async (headers) =>
    Boolean((await cop(headers, `query cop { ${repeat(500, () => "__typename")} } `)).data?.__typename),
  "field suggestions": async (headers) => {
    const asked = [
      "query cop { __schema { directive } }",
      "query cop { unit { nam } }",
      "query cop { unitz { name } }",
    ];
    const answers = await Promise.all(asked.map((query) => cop(headers, query)));
    return JSON.stringify(answers).includes("Did you mean");
  },
  explorer: async (headers) => {
    const pages = ["", "/graphiql", "/playground", "/console", "/graphql"];
    const texts = pages.map(async (path) =>
      (await fetch(url.replace("/graphql", path), { headers: { ...headers, accept: "text/html" } })).text(),
    );
    return /graphiql|playground|sandbox/i.test((await Promise.all(texts)).join());
  },
  introspection: async (headers) =>
    Boolean((await cop(headers, "query cop { __schema { types { name fields { name } } } }")).data?.__schema),
  "trace mode": async (headers) =>
    JSON.stringify(await cop(headers, "query cop { __typename }")).includes("tracing"),
  "unhandled errors": async (headers) =>
    /exception|stacktrace/i.test(JSON.stringify(await cop(headers, "qwerty cop { abc }"))),
};

describe("graphql-cop finds nothing", () => {
  test.each(Object.keys(checks))("of %s without a key", async (name) => {
    expect(await checks[name]?.({})).toBe(false);
  });

  const byKey = Object.keys(checks).filter((name) => name !== "query by GET");
  test.each(byKey)("of %s with a key that has every scope", async (name) => {
    expect(await checks[name]?.({ "x-api-key": keys.all.key })).toBe(false);
  });
});

test("a query by GET with a key is answered: no page of another origin can send the key's header", async () => {
  expect(await checks["query by GET"]?.({ "x-api-key": keys.all.key })).toBe(true);
  expect(await checks["query by GET"]?.({ authorization: `Bearer ${keys.all.key}` })).toBe(true);
  expect(await checks["query by GET"]?.({ cookie: `key=${keys.all.key}` })).toBe(false);
});
