import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { keyEnv, keys } from "./scoped-graph.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({}, { ...keyEnv, RATE_LIMIT: "0" });
});
afterAll(() => gateway.close());

const send = (body: string, key: keyof typeof keys | undefined = "all") =>
  fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key && { "x-api-key": keys[key].key }) },
    body,
  });
const query = (text: string, variables?: unknown) => JSON.stringify({ query: text, variables });
const nested = (depth: number, open: string, middle: string, close: string) =>
  `${open.repeat(depth)}${middle}${close.repeat(depth)}`;

/** Each differs, so that nothing is cached. */
const hostile: Record<string, (n: number) => string> = {
  "a wide document": (n) =>
    query(`{ ${Array.from({ length: 1_300 }, (_, i) => `a${n}_${i}: __typename`).join(" ")} }`),
  "a long document": (n) => query(`{ __typename # ${`${n}`.repeat(600_000)}\n}`),
  "a document of comments": (n) => query(`{ __typename }${`#${n}\n`.repeat(60_000)}`),
  "a deep document": (n) => query(nested(180, "{ units { nodes { building ", `{ x${n} }`, "} } }")),
  "fragments in a circle": (n) =>
    query(`{ ...A${n} } fragment A${n} on Query { ...B } fragment B on Query { ...A${n} }`),
  "fragments that multiply": (n) =>
    query(
      `{ ...F${n}_0 } ${Array.from({ length: 60 }, (_, i) => `fragment F${n}_${i} on Query { ...F${n}_${i + 1} ...F${n}_${i + 1} }`).join(" ")} fragment F${n}_60 on Query { __typename }`,
    ),
  "a deep variable": (n) => {
    const depth = 150_000;
    const filter = nested(depth, '{"and":[', `{"almaId":{"eq":${n}}}`, "]}");
    return `{"query":"query ($f: ClientFilter) { clients(filter: $f) { totalCount } }","variables":{"f":${filter}}}`;
  },
  "a wide variable": (n) =>
    query("query ($f: ClientFilter) { clients(filter: $f) { totalCount } }", {
      f: { or: Array.from({ length: 100_000 }, (_, i) => ({ almaId: { eq: n + i } })) },
    }),
  "a million ids": (n) =>
    query("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {
      i: Array.from({ length: 200_000 }, (_, i) => `Unit:${n + i + 1}`),
    }),
  "deep JSON": (n) => `{"query":"{ __typename }","extensions":${nested(400_000, "[", `${n}`, "]")}}`,
  "a prototype": (n) =>
    `{"query":"{ __typename }","variables":{"__proto__":{"n":${n}},"constructor":{"prototype":1}}}`,
  "too large a body": (n) => query(`{ __typename } # ${`${n % 10}`.repeat(5_000_000)}`),
};

test.each(Object.keys(hostile))(
  "%s gets an error in a sentence, without delaying other callers",
  async (name) => {
    const asked = hostile[name] as (n: number) => string;
    const answers = await Promise.all(
      [1, 2].map(async (n) => {
        const response = await send(asked(n));
        return { status: response.status, text: await response.text() };
      }),
    );
    for (const { status, text } of answers) {
      expect(status, text.slice(0, 300)).toBeLessThan(500);
      expect(text.length).toBeLessThan(1_000_000);
      expect(text).not.toMatch(/RangeError|call stack|node_modules|INTERNAL_SERVER_ERROR/);
    }
    const next = await send(query("{ buildings(first: 1) { totalCount } }"));
    expect((await next.json()).data.buildings.totalCount).toBeGreaterThan(0);
    expect(Object.prototype).not.toHaveProperty("n");
  },
);

test("a flood of them leaks no memory", async () => {
  /** Returns the megabytes sent. */
  const round = async (from: number) => {
    let sent = 0;
    for (let n = from; n < from + 5; n++) {
      for (const [name, make] of Object.entries(hostile)) {
        if (name.includes("ids") || name.includes("large")) continue;
        const body = make(n);
        sent += body.length / 2 ** 20;
        await (await send(body)).text();
      }
    }
    return sent;
  };
  // Only memory that survives a collection is leaked.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  // The first round fills the bounded caches.
  await round(1_000);
  const before = held();
  const sent = await round(2_000);
  expect(held() - before).toBeLessThan(sent / 3);
}, 60_000);
