import { brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { start, testConfig } from "./small-graph.ts";

const page = "https://app.example.com";
const sandbox = "https://studio.apollographql.com";
let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start(undefined, { ...keyEnv, CORS_ORIGINS: `${page}, http://localhost:3000` });
});
afterAll(() => server.close());

const preflight = (url: string, origin: string, headers = "content-type,x-api-key") =>
  fetch(`${url}/graphql`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": headers,
    },
  });
const allowed = (response: { headers: Headers }) => response.headers.get("access-control-allow-origin");

describe("a page of a configured origin", () => {
  test.each([page, "http://localhost:3000"])(
    "from %s may send a key, and its preflight needs none",
    async (origin) => {
      const response = await preflight(server.url, origin, "content-type,x-api-key,authorization");
      expect(response.status).toBe(204);
      expect(allowed(response)).toBe(origin);
      expect(response.headers.get("access-control-allow-headers")).toBe(
        "content-type,x-api-key,authorization",
      );
      expect(response.headers.get("access-control-allow-methods")).toBe("GET, POST");
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
      expect(Number(response.headers.get("access-control-max-age"))).toBeGreaterThan(0);
      expect(response.headers.get("vary")).toContain("Origin");
    },
  );

  test("may read the response, its request id and Retry-After", async () => {
    const response = await server.post("{ hello }", {}, { origin: page, "x-api-key": keys.read.key });
    expect(response.body.data).toEqual({ hello: "Hello, world" });
    expect(allowed(response)).toBe(page);
    const exposed = response.headers.get("access-control-expose-headers");
    for (const name of ["x-request-id", "retry-after", "etag"]) expect(exposed).toContain(name);
  });

  test("may read the reason of a refusal", async () => {
    const response = await server.post("{ hello }", {}, { origin: page });
    expect(response.status).toBe(401);
    expect(allowed(response)).toBe(page);
  });
});

describe("a page of another origin", () => {
  test.each([
    "https://evil.example",
    "https://app.example.com.evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "null",
    sandbox,
  ])("such as %s is not allowed", async (origin) => {
    expect(allowed(await preflight(server.url, origin))).toBeNull();
    const asked = await server.post("{ hello }", {}, { origin, "x-api-key": keys.read.key });
    expect(allowed(asked)).toBeNull();
  });
});

test("CORS_ORIGINS=* allows every page", async () => {
  const open = await start(undefined, { CORS_ORIGINS: "*" });
  expect(allowed(await preflight(open.url, "https://any.example"))).toBe("*");
  await open.close();
});

test.each([
  "https://app.example.com/",
  "https://app.example.com/shop",
  "app.example.com",
  "https://*.example.com",
])("an origin written as %s would never match, so it is refused at the start", (origin) => {
  expect(() => testConfig({ CORS_ORIGINS: origin })).toThrow(/CORS_ORIGINS is .* but it must be/);
});

describe("compression", () => {
  // fetch would decompress the body.
  const dispatcher = new Agent();
  const long = JSON.stringify({ query: `{ hello(name: "${"Anna ".repeat(2000)}") }` });
  const ask = async (accept: string | undefined, body = long, url = server.url) => {
    const { headers, body: answer } = await request(`${url}/graphql`, {
      dispatcher,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-api-key": keys.read.key,
        ...(accept === undefined ? {} : { "accept-encoding": accept }),
      },
      body,
    });
    return {
      encoding: headers["content-encoding"],
      vary: headers.vary,
      bytes: Buffer.from(await answer.arrayBuffer()),
    };
  };
  afterAll(() => dispatcher.close());

  test.each([
    ["br", "br", brotliDecompressSync],
    ["gzip", "gzip", gunzipSync],
    ["gzip, deflate, br", "br", brotliDecompressSync],
    ["gzip;q=1, br;q=0.1", "gzip", gunzipSync],
  ] as const)("depends on Accept-Encoding: %s", async (accept, encoding, unpack) => {
    const answer = await ask(accept);
    expect(answer.encoding).toBe(encoding);
    expect(answer.vary).toMatch(/accept-encoding/i);
    expect(answer.bytes.length).toBeLessThan(1000);
    expect(JSON.parse(unpack(answer.bytes).toString()).data.hello).toMatch(/^Hello, Anna Anna/);
  });

  test.each([undefined, "identity", "deflate"])("is omitted for %s", async (accept) => {
    const answer = await ask(accept);
    expect(answer.encoding).toBeUndefined();
    expect(JSON.parse(answer.bytes.toString()).data.hello).toContain("Anna");
  });

  test("is omitted if it would save nothing", async () => {
    expect((await ask("br", JSON.stringify({ query: "{ hello }" }))).encoding).toBeUndefined();
  });

  const send = (encoding: string, body: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-encoding": encoding,
        "x-api-key": keys.read.key,
      },
      body,
    });

  test.each(["gzip", "br", "gzip, identity"])(
    "of a request is refused, since it could be a decompression bomb: %s",
    async (encoding) => {
      const response = await send(encoding, new Uint8Array(gzipSync(long)));
      expect(response.status).toBe(415);
      expect(response.headers.get("accept-encoding")).toBe("identity");
      expect((await response.json()).errors).toMatchObject([
        {
          message: expect.stringMatching(/^The body is compressed.* Send it uncompressed/),
          extensions: { code: "UNSUPPORTED_MEDIA_TYPE" },
        },
      ]);
    },
  );

  test("of a request may be `identity`", async () => {
    expect((await send("identity", JSON.stringify({ query: "{ hello }" }))).status).toBe(200);
  });
});
