import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { keyEnv, keys, scopedGraph } from "../access/scoped-graph.ts";
import { start } from "./small-graph.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const get = (query: string, headers: Record<string, string> = {}, variables?: object) => {
  const search = new URLSearchParams({ query, ...(variables && { variables: JSON.stringify(variables) }) });
  return fetch(`${gateway.address}/graphql?${search}`, { headers: { "x-api-key": "any", ...headers } });
};
const control = ({ headers }: Response) => headers.get("cache-control") ?? "";
const seconds = (response: Response) =>
  Number(/^private, max-age=(\d+), must-revalidate$/.exec(control(response))?.[1]);
const names = "{ units(first: 3) { nodes { name } } }";

describe("a response to a GET may be stored by private caches only", () => {
  test("and must be revalidated without @freshness, so that a write is seen by the next query", async () => {
    expect(seconds(await get(names))).toBe(0);
  });

  test("and is fresh until its oldest data has the age that @freshness allows", async () => {
    const query = `query ($age: Int!) @freshness(maxAge: $age) ${names}`;
    const young = seconds(await get(query, {}, { age: 60 }));
    expect(young).toBeGreaterThan(50);
    expect(young).toBeLessThanOrEqual(60);
    let later = young;
    while (later === young) later = seconds(await get(query, {}, { age: 60 }));
    expect(later).toBe(young - 1);
    expect(seconds(await get(query, {}, { age: 1000 }))).toBeGreaterThan(900);
    const usually = `query ($age: Int = 1000) @freshness(maxAge: $age) ${names}`;
    expect(seconds(await get(usually))).toBeGreaterThan(900);
  });

  test.each([
    ["an error beside the data", '{ unit(ref: { id: "Room:1" }) { name } units { totalCount } }'],
    ["a fault of the document", "{ nonsense }"],
    ["a door code", "{ unit(ref: { almaId: 9001 }) { keyboxCode } }"],
  ])("and not at all with %s", async (_, query) => {
    const response = await get(query);
    expect(control(response)).toBe("no-store");
    expect(response.headers.get("etag")).toBeNull();
  });

  test("and a large one too, in each encoding", async () => {
    const types = "__schema { types { name description fields { name description args { name } } } }";
    const query = `{ ${Array.from({ length: 20 }, (_, n) => `a${n}: ${types}`).join(" ")} }`;
    const plain = await get(query, { "accept-encoding": "identity" });
    const text = await plain.text();
    expect(text.length).toBeGreaterThan(1_000_000);
    const { data } = JSON.parse(text);
    expect(data.a19).toEqual(data.a0);
    expect(Number(plain.headers.get("content-length"))).toBe(Buffer.byteLength(text));
    const etag = plain.headers.get("etag") ?? "";
    for (const encoding of ["br", "gzip"]) {
      const compressed = await get(query, { "accept-encoding": encoding });
      expect(compressed.headers.get("content-encoding")).toBe(encoding);
      expect(compressed.headers.get("etag")).toBe(etag);
      expect(JSON.parse(await compressed.text()).data).toEqual(data);
    }
    expect((await get(query, { "if-none-match": etag })).status).toBe(304);
  });

  test("and varies by its request headers", async () => {
    const vary = (await get(names)).headers.get("vary")?.toLowerCase();
    for (const name of ["accept", "accept-encoding", "authorization", "x-api-key"])
      expect(vary).toContain(name);
  });
});

test("a response to a POST is not stored", async () => {
  const response = await fetch(`${gateway.address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: names }),
  });
  expect(control(response)).toBe("no-store");
  expect(response.headers.get("etag")).toBeNull();
});

describe("an ETag", () => {
  test("saves resending an equal response, whatever it cost", async () => {
    const first = await get(names);
    const tag = first.headers.get("etag") as string;
    const known = await get(names, { "if-none-match": tag });
    expect(known.status).toBe(304);
    expect(await known.text()).toBe("");
    expect(known.headers.get("etag")).toBe(tag);
    expect(known.headers.get("x-request-id")).toBeTruthy();
    expect((await get(names, { "if-none-match": `"other", ${tag}` })).status).toBe(304);
    expect((await get(names, { "if-none-match": tag.replace("W/", "") })).status).toBe(304);
    expect((await get(names, { "if-none-match": 'W/"other"' })).status).toBe(200);
  });

  test("differs for different data, and covers all of it", async () => {
    const tag = (await get(names)).headers.get("etag") as string;
    const other = await get("{ units(first: 2) { nodes { name } } }", { "if-none-match": tag });
    expect(other.status).toBe(200);
    expect(other.headers.get("etag")).not.toBe(tag);
  });

  test("covers the text after a field called extensions", async () => {
    const query = (last: number) =>
      `{ buildings(first: 1) { nodes { name } } extensions: units(first: 1) { nodes { name } } last: units(first: ${last}) { nodes { name } } }`;
    const tag = (await get(query(1))).headers.get("etag") as string;
    expect((await get(query(1), { "if-none-match": tag })).status).toBe(304);
    expect((await get(query(2), { "if-none-match": tag })).status).toBe(200);
  });

  test("is the same with and without compression", async () => {
    const query = "{ units(first: 50) { nodes { name header externalId } } }";
    const packed = await get(query, { "accept-encoding": "br" });
    const plain = await get(query, { "accept-encoding": "identity" });
    expect(packed.headers.get("content-encoding")).toBe("br");
    expect(packed.headers.get("etag")).toBe(plain.headers.get("etag"));
  });

  test("gives no data to a key without the scope", async () => {
    const guarded = await start(scopedGraph().graph, keyEnv);
    const url = `${guarded.url}/graphql?query=${encodeURIComponent("{ client { email } }")}`;
    const allowed = await fetch(url, { headers: { "x-api-key": keys.personal.key } });
    const tag = allowed.headers.get("etag") as string;
    expect(tag).toBeTruthy();
    for (const match of [tag, "*"]) {
      const refused = await fetch(url, { headers: { "x-api-key": keys.read.key, "if-none-match": match } });
      expect(refused.status).toBe(403);
      expect(control(refused)).toBe("no-store");
    }
    await guarded.close();
  });
});
