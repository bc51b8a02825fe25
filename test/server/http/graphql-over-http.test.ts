import { connect } from "node:net";
import { auditServer } from "graphql-http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { holdingGraph, smallGraph, start, until } from "./small-graph.ts";

let server: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  server = await start(undefined, { MAX_BODY: "2000" });
});
afterAll(() => server.close());

test("all audits of GraphQL over HTTP pass with a key header", async () => {
  const results = await auditServer({
    url: `${server.url}/graphql`,
    fetchFn: (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...init.headers, "x-api-key": "audit" } }),
  });
  const notOk = results.flatMap((r) =>
    r.status === "ok" ? [] : [`${r.id} ${r.status} ${r.name}: ${r.reason}`],
  );
  expect(notOk).toEqual([]);
  expect(results).toHaveLength(61);
});

/** Sends raw lines of HTTP; resolves with the raw response. */
const raw = ({ url }: { url: string }, head: string, key = "k") =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), new URL(url).hostname, () => {
      const search = new URLSearchParams({ query: "{ hello }" });
      socket.write(`GET /graphql?${search} ${head}\r\nX-Api-Key: ${key}\r\nConnection: close\r\n\r\n`);
    });
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });

test.each([
  ["no Host, as HTTP/1.0 allows", "HTTP/1.0"],
  ["a Host without a name", "HTTP/1.1\r\nHost:"],
  ["a Host that cannot stand in an address", "HTTP/1.1\r\nHost: 100%"],
  ["an invalid protocol", "HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: web page"],
])("a request with %s is answered", async (_, head) => {
  const behind = await start(undefined, { TRUST_PROXY: "on", ...keyEnv });
  const answer = await raw(behind, head, keys.all.key);
  expect(answer).toContain("HTTP/1.1 200 OK");
  expect(answer).toContain('{"data":{"hello":');
  await behind.close();
});

test.each([
  ["application/xml", false],
  ["application/json;q=0", false],
  ["text/html, application/*;q=0", false],
  ["multipart/mixed", false],
  ["application/xml, */*;q=0.1", true],
  ["application/json;profile=x", true],
  ["", true],
])("with accept: %s a mutation is executed: %s", async (accept, isExecuted) => {
  const names: unknown[] = [];
  const rename = (_: unknown, { name }: { name?: unknown }) => String(names.push(name));
  const renaming = await start(smallGraph(undefined, { Mutation: { rename } }));
  onTestFinished(() => renaming.close());
  const rewrite = async () => {
    const response = await fetch(`${renaming.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": "k", accept },
      body: JSON.stringify({ query: 'mutation { rename(name: "x") }' }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  for (const _ of ["an unknown document", "a known one"]) {
    const { status, body } = await rewrite();
    expect(status).toBe(isExecuted ? 200 : 406);
    if (!isExecuted) expect(body).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  }
  expect(names).toEqual(isExecuted ? ["x", "x"] : []);
});

test.each([
  ["application/json", "application/json", 200],
  ["application/graphql-response+json", "application/graphql-response+json", 400],
  ["Application/GraphQL-Response+JSON", "application/graphql-response+json", 400],
  ["application/json, application/graphql-response+json;q=0", "application/json", 200],
  ["application/graphql-response+json;q=0.1, application/json", "application/json", 200],
  ["application/json;q=0.1, application/*", "application/graphql-response+json", 400],
  ["*/*", "application/json", 200],
])("with accept: %s an invalid document is answered as %s with %i", async (accept, type, status) => {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ query: "{ x }" }),
  });
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
  expect((await response.json()).errors).toMatchObject([
    { extensions: { code: "GRAPHQL_VALIDATION_FAILED" } },
  ]);
});

const helloByGet = () => `${server.url}/graphql?query=${encodeURIComponent('{ hello(name: "you") }')}`;

describe("a GET", () => {
  test.each(["x-api-key", "authorization", "apollo-require-preflight"])(
    "is answered with %s",
    async (name) => {
      const response = await fetch(helloByGet(), { headers: { [name]: "anything" } });
      expect(await response.json()).toEqual({ data: { hello: "Hello, you" } });
    },
  );

  test("without a preflight is refused", async () => {
    const response = await fetch(helloByGet());
    expect(response.status).toBe(400);
    expect((await response.json()).errors[0].message).toContain("Cross-Site Request Forgery");
  });

  test("cannot execute a mutation", async () => {
    const query = encodeURIComponent('mutation { rename(name: "x") }');
    const response = await fetch(`${server.url}/graphql?query=${query}`, { headers: { "x-api-key": "k" } });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
  });
});

test.each(["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])(
  "a POST of %s, which needs no preflight, is refused",
  async (type) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": type },
      body: "query={hello}",
    });
    expect(response.status).toBe(415);
    expect((await response.json()).errors).toMatchObject([
      {
        message: expect.stringContaining("Send application/json"),
        extensions: { code: "UNSUPPORTED_MEDIA_TYPE" },
      },
    ]);
  },
);

test("a body above the limit gets 413, and invalid JSON 400, each in GraphQL's shape", async () => {
  const large = await server.post(`{ hello(name: "${"x".repeat(2000)}") }`);
  expect(large.status).toBe(413);
  expect(large.body.errors[0]).toMatchObject({
    message: expect.stringContaining("(MAX_BODY). Ask in several operations."),
    extensions: { code: "PAYLOAD_TOO_LARGE" },
  });
  const broken = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"query":',
  });
  expect(broken.status).toBe(400);
  expect((await broken.json()).errors[0]).toMatchObject({
    message: expect.stringMatching(/is not valid JSON.* Send JSON with a query/),
    extensions: { code: "BAD_REQUEST" },
  });
});

test.each([
  ["PUT", "/graphql", "GET, HEAD, POST"],
  ["DELETE", "/graphql?a=b", "GET, HEAD, POST"],
  ["POST", "/health/live", "GET, HEAD"],
])("%s of %s is 405, with the allowed methods", async (method, path, allowed) => {
  const response = await fetch(server.url + path, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe(allowed);
  expect((await response.json()).errors).toMatchObject([
    {
      message: expect.stringContaining(`does not accept ${method}`),
      extensions: { code: "METHOD_NOT_ALLOWED" },
    },
  ]);
});

test("an unknown address gets a pointer to /graphql", async () => {
  const response = await fetch(`${server.url}/graphq`);
  expect(response.status).toBe(404);
  expect((await response.json()).errors[0].message).toContain("/graphql");
});

describe("X-Request-Id", () => {
  test("returns unchanged", async () => {
    const { headers } = await server.post("{ hello }", {}, { "x-request-id": "order-17:a" });
    expect(headers.get("x-request-id")).toBe("order-17:a");
  });

  test.each(["a b", "x".repeat(101), ""])("is replaced by a new one for %j", async (given) => {
    const { headers } = await server.post("{ hello }", {}, { "x-request-id": given });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("a request that is refused before GraphQL has it", () => {
  const own = "application/graphql-response+json";
  const apollo = `${own},application/json;q=0.9`;
  const { graph, held } = holdingGraph();
  let keyed: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    keyed = await start(graph, { ...keyEnv, MAX_BODY: "2000", RATE_LIMIT: "40", MAX_OPERATIONS: "1" });
  });
  afterAll(() => keyed.close());
  const send = (init: RequestInit & { headers?: Record<string, string> }, key: string = keys.read.key) =>
    fetch(`${keyed.url}/graphql`, {
      method: "POST",
      body: "{}",
      ...init,
      headers: { "content-type": "application/json", "x-api-key": key, ...init.headers },
    });
  const query = (text: string) => JSON.stringify({ query: text });

  test.each<[number, string, (accept: string) => Promise<Response>]>([
    [401, "UNAUTHENTICATED", (accept) => send({ headers: { accept } }, "no-key")],
    [405, "METHOD_NOT_ALLOWED", (accept) => send({ method: "DELETE", headers: { accept } })],
    [413, "PAYLOAD_TOO_LARGE", (accept) => send({ body: query("x".repeat(3000)), headers: { accept } })],
    [415, "UNSUPPORTED_MEDIA_TYPE", (accept) => send({ headers: { accept, "content-type": "text/plain" } })],
    [415, "UNSUPPORTED_MEDIA_TYPE", (accept) => send({ headers: { accept, "content-encoding": "gzip" } })],
  ])("%i %s has the media type that its client asks for", async (status, code, ask) => {
    for (const [accept, type] of [
      [apollo, own],
      ["Application/GraphQL-Response+JSON; charset=utf-8", own],
      ["application/json", "application/json"],
      ["*/*", "application/json"],
    ] as const) {
      const response = await ask(accept);
      expect([response.status, response.headers.get("content-type")], accept).toEqual([
        status,
        `${type}; charset=utf-8`,
      ]);
      const { errors } = await response.json();
      expect(errors[0]).toMatchObject({ message: expect.stringMatching(/\w \w.*\.$/), extensions: { code } });
    }
  });

  test("503 and 429 say when to retry, in the header and beside the code", async () => {
    const hold = send({ body: query("{ hold }"), headers: { accept: apollo } }, keys.all.key);
    await until(() => held.length > 0);
    const answers: Response[] = [];
    while (!answers.some(({ status }) => status === 429))
      answers.push(await send({ body: query("{ now }"), headers: { accept: apollo } }));
    for (const [status, code] of [
      [503, "OVERLOADED"],
      [429, "RATE_LIMITED"],
    ] as const) {
      const refused = answers.find((answer) => answer.status === status);
      expect(refused?.headers.get("content-type"), code).toBe(`${own}; charset=utf-8`);
      if (!refused) throw new Error(`No answer was a ${status}.`);
      const [{ extensions, message }] = (await refused.json()).errors;
      expect(extensions).toEqual({ code, retryAfter: Number(refused?.headers.get("retry-after")) });
      expect(message).toContain(`Try again in ${extensions.retryAfter} s.`);
    }
    for (const end of held) end();
    await hold;
  });
});
