import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPersistedDocuments } from "../../src/capabilities/persisted/persisted-documents.ts";
import type { settings } from "../../src/capabilities/persisted/settings.ts";
import type { Config, Log, ValuesOf } from "../../src/config/index.ts";
import type { Graph } from "../../src/graph/index.ts";
import { type AddRoutes, createLog } from "../../src/server/index.ts";
import { createServer } from "../../src/server/server.ts";
import { keyEnv, keys, scopedGraph } from "../server/access/scoped-graph.ts";
import { smallGraph, start as startSmall, testConfig, withoutAlma } from "../server/http/small-graph.ts";
import { startGateway } from "../support/gateway.ts";

const folder = mkdtempSync(join(tmpdir(), "persisted-"));
const sha = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");
const hello = "query Hello($name: String) { hello(name: $name) }";
const rename = 'mutation Rename { rename(name: "x") }';
const adHoc = "{ hello }";
/** The default hash of codegen's client preset. */
const manifest = { [sha("sha1", hello)]: hello, [sha("sha1", rename)]: rename };
const file = (name: string, content: unknown) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const env = (mode: string) => ({
  PERSISTED_DOCUMENTS: mode,
  PERSISTED_MANIFEST: file("manifest.json", manifest),
});
/** The documents of a configuration. */
const documentsOf = (config: Config, log: Log = createLog("silent")) =>
  // Safe: `testConfig` reads the settings of all capabilities.
  createPersistedDocuments(config as Config & ValuesOf<typeof settings>, log);
const start = (graph?: Graph, settingsOf: Record<string, string> = {}) =>
  startSmall(graph, settingsOf, 0, (config) => ({ knownDocuments: documentsOf(config) }));
type Server = Awaited<ReturnType<typeof start>>;

const post = async (server: Server, body: object, headers = {}) => {
  const response = await fetch(`${server.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};
const get = async (
  server: Server,
  search: Record<string, string> | string,
  headers = { "x-api-key": "k" },
) => {
  const response = await fetch(`${server.url}/graphql?${new URLSearchParams(search)}`, { headers });
  return { status: response.status, body: await response.json() };
};
const apq = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha("sha256", text) } });

describe.each(["off", "log", "required"])("with PERSISTED_DOCUMENTS=%s", (mode) => {
  let server: Server;
  beforeAll(async () => {
    server = await start(undefined, env(mode));
  });
  afterAll(() => server.close());

  test.each([sha("sha1", hello), `sha256:${sha("sha256", hello)}`, sha("sha256", hello)])(
    "documentId %s executes its document, by POST and by GET",
    async (documentId) => {
      const variables = { name: "Anna" };
      expect(await post(server, { documentId, variables })).toEqual({
        status: 200,
        body: { data: { hello: "Hello, Anna" } },
      });
      const got = await get(server, {
        documentId,
        variables: JSON.stringify(variables),
        operationName: "Hello",
      });
      expect(got.body).toEqual({ data: { hello: "Hello, Anna" } });
    },
  );

  test("APQ's hash of a document in the manifest needs no registration", async () => {
    expect((await post(server, { extensions: apq(hello) })).body.data).toEqual({ hello: "Hello, world" });
    const got = await get(server, { extensions: JSON.stringify(apq(hello)) });
    expect(got.body.data).toEqual({ hello: "Hello, world" });
  });

  test("a mutation is not executed by GET", async () => {
    expect((await get(server, { documentId: sha("sha1", rename) })).status).toBe(405);
    expect((await post(server, { documentId: sha("sha1", rename) })).body.data).toEqual({ rename: "x" });
  });

  test("an unknown documentId is refused with a reason", async () => {
    const { status, body } = await post(server, { documentId: "nothing" });
    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe("PERSISTED_DOCUMENT_NOT_FOUND");
    expect(body.errors[0].message).toContain('"nothing"');
    for (const documentId of [3, {}, ["a"]]) expect((await post(server, { documentId })).status).toBe(400);
  });

  test("documentId with query is refused", async () => {
    const { body } = await post(server, { documentId: sha("sha1", hello), query: adHoc });
    expect(body.errors[0].message).toContain("both documentId and query");
  });

  test("documentId by GET needs a header, like any GET", async () => {
    expect((await get(server, { documentId: sha("sha1", hello) }, {} as never)).status).toBe(400);
  });
});

describe.each(["off", "log"])("with PERSISTED_DOCUMENTS=%s", (mode) => {
  test("APQ asks for the text once, then knows it", async () => {
    const server = await start(undefined, env(mode));
    const unknown = await post(server, { extensions: apq(adHoc) });
    expect(unknown.body.errors[0].extensions.code).toBe("PERSISTED_QUERY_NOT_FOUND");
    const registered = await post(server, { query: adHoc, extensions: apq(adHoc) });
    expect(registered.body.data).toEqual({ hello: "Hello, world" });
    expect((await post(server, { extensions: apq(adHoc) })).body.data).toEqual({ hello: "Hello, world" });
    const forged = await post(server, { query: "{ fail }", extensions: apq(adHoc) });
    expect(forged.body.errors[0].message).toContain("sha does not match");
    expect((await post(server, { query: adHoc })).body.data).toEqual({ hello: "Hello, world" });
    await server.close();
  });
});

test("without a manifest, documentId is refused with that reason", async () => {
  const server = await start();
  const { status, body } = await post(server, { documentId: "a" });
  expect(status).toBe(400);
  expect(body.errors[0].message).toContain("PERSISTED_MANIFEST");
  await server.close();
});

test("log logs each document that is not in the manifest, once", async () => {
  const lines: { msg: string; hash?: string }[] = [];
  const log = createLog("warn");
  const config = testConfig(env("log"));
  const noting = Object.assign(Object.create(log), {
    warn: (fields: object, msg: string) => lines.push({ ...fields, msg }),
  });
  const server = await createServer({
    ...withoutAlma(),
    config,
    graph: smallGraph() as never,
    log: noting,
    knownDocuments: documentsOf(config, noting),
  });
  const url = await server.listen();
  for (const query of [adHoc, adHoc, hello]) await post({ url } as Server, { query });
  await server.close();
  expect(lines).toMatchObject([
    { msg: "document not in the manifest", hash: sha("sha256", adHoc).slice(0, 16) },
  ]);
});

describe("required", () => {
  let server: Server;
  beforeAll(async () => {
    server = await start(undefined, env("required"));
  });
  afterAll(() => server.close());

  test.each<[string, object]>([
    ["an ad-hoc query", { query: adHoc }],
    ["a registration by APQ", { query: adHoc, extensions: apq(adHoc) }],
    ["an unknown hash of APQ", { extensions: apq(adHoc) }],
    ["the manifest's text with a change", { query: `${hello} ` }],
    ["introspection", { query: "{ __schema { types { name } } }" }],
    ["what cannot be parsed", { query: "{" }],
    ["a batch", [{ query: hello }]],
    ["no document", { variables: {} }],
    ["a hash that is an object", { extensions: { persistedQuery: { sha256Hash: {} } } }],
  ])("refuses %s before it is parsed", async (_, body) => {
    const answer = await post(server, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1);
    expect(answer.body.errors[0].extensions.code).toBe("PERSISTED_DOCUMENT_REQUIRED");
    expect(answer.body.errors[0].message).toContain("PERSISTED_DOCUMENTS");
  });

  test("accepts a document of the manifest as text, or registered by APQ", async () => {
    expect((await post(server, { query: hello })).body.data).toEqual({ hello: "Hello, world" });
    expect((await post(server, { query: hello, extensions: apq(hello) })).body.data).toBeTruthy();
  });

  test.each([
    `query=${encodeURIComponent(hello)}&query=${encodeURIComponent(adHoc)}`,
    `query=${encodeURIComponent(adHoc)}&query=${encodeURIComponent(hello)}`,
    `query=${encodeURIComponent(adHoc)}`,
    `query=%7B%20hello%20%7D;query=${encodeURIComponent(hello)}`,
    `documentId=${sha("sha1", hello)}&query=${encodeURIComponent(adHoc)}`,
    `documentId=${sha("sha1", hello)}&documentId=a`,
  ])("is not misled by ?%s", async (search) => {
    expect((await get(server, search)).status).toBe(400);
  });

  test("has no explorer, and says so at /", async () => {
    const response = await fetch(server.url, { headers: { accept: "text/html" } });
    const text = await response.text();
    expect(text).toContain("documentId");
    const startPage = { title: "Here", page: "Start", about: "where to start", body: "here" };
    const explored = await startSmall(undefined, env("required"), 0, (config) => ({
      knownDocuments: documentsOf(config),
      startPage,
    }));
    const page = await fetch(explored.url, { headers: { accept: "text/html" } });
    expect(await page.text()).not.toContain("where to start");
    await explored.close();
    expect(() => testConfig({ PERSISTED_DOCUMENTS: "required" })).toThrow(/PERSISTED_MANIFEST names no file/);
  });
});

test("required does not refuse the gateway's own operations", async () => {
  const addOwn: AddRoutes = (app, { operationHooks, execute }) => {
    app.get("/own", operationHooks, async (request, reply) => {
      const { response } = await execute(request, reply, { query: adHoc });
      return response.body.kind === "single" ? response.body.singleResult : {};
    });
  };
  const server = await startSmall(undefined, env("required"), 0, (config) => ({
    knownDocuments: documentsOf(config),
    addRoutes: [addOwn],
  }));
  const answer = await fetch(`${server.url}/own`);
  expect(await answer.json()).toMatchObject({ data: { hello: "Hello, world" } });
  await server.close();
});

test("a persisted document needs the scopes of its caller like any other", async () => {
  const email = "{ client { email } }";
  const path = file("guarded.json", { a: email });
  const server = await start(scopedGraph().graph, {
    ...keyEnv,
    PERSISTED_DOCUMENTS: "log",
    PERSISTED_MANIFEST: path,
  });
  const ask = (key: string) => post(server, { documentId: "a" }, { "x-api-key": key });
  expect((await ask(keys.personal.key)).body.data).toEqual({ client: { email: "anna@example.com" } });
  expect((await ask(keys.read.key)).status).toBe(403);
  expect((await ask("")).status).toBe(401);
  await server.close();
});

test("a query with the hash of another text is a caller's error", async () => {
  const gateway = await startGateway({ size: 0 });
  const { status, body } = await post({ url: gateway.address } as Server, {
    query: "{ __typename }",
    extensions: apq("{ other }"),
  });
  expect(status).toBe(400);
  expect(body.errors).toEqual([
    {
      message: expect.stringContaining("is not the SHA-256 of its text"),
      extensions: { code: "BAD_REQUEST" },
    },
  ]);
  await gateway.close();
});

test.each([{ version: 2, sha256Hash: sha("sha256", hello) }, { sha256Hash: sha("sha256", hello) }, "x"])(
  "a persisted query of another version, %j, is a caller's error",
  async (persistedQuery) => {
    const gateway = await startGateway({ size: 0 });
    const { status, body } = await post({ url: gateway.address } as Server, {
      extensions: { persistedQuery },
    });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { message: expect.stringContaining("not of version 1"), extensions: { code: "BAD_REQUEST" } },
    ]);
    const metrics = await (await fetch(`${gateway.address}/metrics`)).text();
    expect(metrics).toContain('errors_total{code="BAD_REQUEST"} 1');
    expect(metrics).not.toContain("INTERNAL_SERVER_ERROR");
    await gateway.close();
  },
);
