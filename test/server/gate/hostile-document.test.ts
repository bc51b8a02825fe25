import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { has } from "../../support/has.ts";

const many = (count: number, make: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => make(n)).join(" ");
const nest = (depth: number, open: string, middle: string, close: string) =>
  open.repeat(depth) + middle + close.repeat(depth);
const list = "units { nodes { name } }";
/** Each fragment spreads the next twice: the last is spread 2 to the power of their number. */
const doubling = (count: number, last: string) =>
  `query Q { ...F0 } ${many(count, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F${count} on Query { ${last} }`;
/** The same below two aliases, which also doubles the fields. */
const doublingFields = (count: number) =>
  `query Q { units { nodes { ...F0 } } } ${many(count, (n) => `fragment F${n} on Unit { a: building { units { nodes { ...F${n + 1} } } } b: building { units { nodes { ...F${n + 1} } } } }`)} fragment F${count} on Unit { name }`;

interface Hostile {
  readonly document: string;
  readonly variables?: unknown;
  /** The refusal's code, in any response format. */
  readonly code: string;
}

const invalid = "GRAPHQL_VALIDATION_FAILED";
const hostile: Readonly<Record<string, Hostile>> = {
  "12 fragments that double": { document: doubling(12, list), code: "FORBIDDEN" },
  "12 fragments that double, without a list": {
    document: doubling(12, "units { totalCount }"),
    code: "FORBIDDEN",
  },
  "22 fragments that double": { document: doubling(22, list), code: "LIMIT_EXCEEDED" },
  "60 fragments that double": { document: doubling(60, list), code: "LIMIT_EXCEEDED" },
  "30 fragments that double their fields": { document: doublingFields(30), code: "LIMIT_EXCEEDED" },
  "fragments in a circle": {
    document: "query Q { ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    code: invalid,
  },
  "a fragment that spreads itself twice": {
    document: `query Q { ...A } fragment A on Query { ...A ...A ${list} }`,
    code: invalid,
  },
  "a thousand fragments in a row": {
    document: `query Q { ...F0 } ${many(600, (n) => `fragment F${n} on Query { ...F${n + 1} }`)} fragment F600 on Query { ${list} }`,
    code: "LIMIT_EXCEEDED",
  },
  "a deep document": {
    document: `query Q { units { nodes { ${nest(150, "building { units { nodes { ", "name", "} } }")} } } }`,
    code: "LIMIT_EXCEEDED",
  },
  "a document deeper than a stack": {
    document: `query Q ${nest(1_900, "{ units ", "{ x }", "}")}`,
    code: "LIMIT_EXCEEDED",
  },
  "a deep literal": {
    document: `query Q { units(filter: ${nest(900, "[", "1", "]")}) { nodes { name } } }`,
    code: "BAD_USER_INPUT",
  },
  "many aliases": {
    document: `query Q { ${many(400, (n) => `a${n}: ${list}`)} }`,
    code: "LIMIT_EXCEEDED",
  },
  "more tokens than are allowed": {
    document: `query Q { ${many(5_000, () => list)} }`,
    code: "LIMIT_EXCEEDED",
  },
  "a long document": { document: `query Q { ${list} } #${"x".repeat(12_000)}`, code: "FORBIDDEN" },
  "a directive without its argument": { document: `query Q { ${list} x: __typename @skip }`, code: invalid },
  "a directive with an undefined variable": {
    document: `query Q { ${list} x: __typename @skip(if: $x) }`,
    code: "BAD_USER_INPUT",
  },
  "a directive of a wrong type": {
    document: `query Q { units @skip(if: "x") { nodes { name } } }`,
    code: "BAD_USER_INPUT",
  },
  "a thousand directives": {
    document: `query Q { units { nodes { name ${many(300, () => "@skip(if: true)")} } } }`,
    code: invalid,
  },
  "no operation": { document: `fragment A on Query { ${list} }`, code: invalid },
  "no document": { document: "{", code: "GRAPHQL_PARSE_FAILED" },
  "a mutation": {
    document: "mutation Q { archiveUnit(ref: { almaId: 1 }) { userErrors { code } } }",
    code: "FORBIDDEN",
  },
};
/** Variables are not part of a document. */
const withVariables: Readonly<Record<string, Hostile>> = {
  "no value for a directive": {
    document: `query Q($x: Boolean!) { units @skip(if: $x) { nodes { name } } }`,
    code: "FORBIDDEN",
  },
  "null for a directive": {
    document: `query Q($x: Boolean = true) { units @skip(if: $x) { nodes { name } } }`,
    variables: { x: null },
    code: "FORBIDDEN",
  },
  "a wrong type for a directive": {
    document: `query Q($x: Boolean!) { units @skip(if: $x) { nodes { name } } }`,
    variables: { x: { y: [1] } },
    code: "FORBIDDEN",
  },
};

/** Without reports, the server answers in JSON only. */
const tables = has("reports") ? ["text/csv", "application/x-ndjson"] : [];
const accepts = [
  undefined,
  "*/*",
  "application/json",
  "application/graphql-response+json",
  ...tables,
  "text/csv, application/json;q=0.5",
];

const none = createApiKey("nobody", [], null);
const reader = createApiKey("reader", ["read"], null);
let gateway: TestGateway;
const folder = mkdtempSync(join(tmpdir(), "hostile-reports-"));
beforeAll(async () => {
  for (const [n, { document }] of Object.values(hostile).entries())
    writeFileSync(join(folder, `r${n}.graphql`), `# title: R\n# rows: units.nodes\n${document}`);
  gateway = await startGateway(
    {},
    {
      API_KEYS: JSON.stringify([none.record, reader.record]),
      RATE_LIMIT: "0",
      REPORTS: folder,
      LOG_LEVEL: "info",
    },
  );
});
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Neither callers nor documents in the folder cause log lines of level error. */
const errorLines = () => gateway.lines().filter(({ level }) => level === "error" || level === "fatal");

async function send(path: string, init: RequestInit, key = none.key) {
  const response = await fetch(gateway.address + path, {
    ...init,
    headers: { "x-api-key": key, ...init.headers },
  });
  const text = await response.text();
  const isJson = /^application\/(graphql-response\+)?json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, text, errors: isJson ? JSON.parse(text).errors : undefined };
}

/** Sends a body by POST, or in a query string. */
function ask(method: string, asked: Readonly<Record<string, unknown>>, accept?: string, key = none.key) {
  const headers = { ...(accept !== undefined && { accept }) };
  if (method === "POST") {
    const init = {
      method,
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(asked),
    };
    return send("/graphql", init, key);
  }
  const { query, variables } = asked;
  const search = new URLSearchParams({
    query: String(query),
    ...(variables !== undefined && { variables: JSON.stringify(variables) }),
  });
  return send(`/graphql?${search}`, { headers }, key);
}

const cases = Object.entries({ ...hostile, ...withVariables });
test.each(cases.flatMap(([name, asked]) => ["POST", "GET"].map((method) => [name, method, asked] as const)))(
  "%s, by %s, is refused for the same reason in every form",
  async (_name, method, { document, variables, code }) => {
    const asked = { query: document, variables };
    // A longer address is refused before it is read.
    if (method === "GET" && encodeURIComponent(document).length > 12_000) return;
    // In GraphQL over HTTP, addresses have only queries.
    if (method === "GET" && !/query|fragment|^{/.test(document)) return;
    for (const accept of accepts) {
      const { status, errors } = await ask(method, asked, accept);
      expect(status, accept).toBeLessThan(500);
      expect(errors?.[0]?.extensions?.code, accept).toBe(code);
      expect(errors[0].message, accept).toMatch(/\w \w.*[.?!"]$/s);
    }
    // A key's permissions do not depend on the document.
    for (const accept of accepts)
      expect((await ask(method, asked, accept, reader.key)).status).toBeLessThan(500);
    expect(errorLines()).toEqual([]);
  },
);

test.each(has("reports") ? Object.keys(hostile).map((name, n) => [name, n] as const) : [])(
  "%s, as the document of a report, is reported to its caller",
  async (_name, n) => {
    for (const ending of [".csv", ".json", ""]) {
      const { status, text } = await send(`/reports/r${n}${ending}`, {}, reader.key);
      expect([200, 400, 503]).toContain(status);
      expect(text).not.toMatch(/RangeError|call stack/);
    }
    expect(errorLines()).toEqual([]);
  },
);

const deep = nest(6_000, '{"a":', "1", "}");
test.each([
  ["variables", `{"query":"query Q { ${list} }","variables":${deep}}`],
  ["extensions", `{"query":"query Q { ${list} }","extensions":${deep}}`],
  ["a member that nobody reads", `{"query":"query Q { ${list} }","more":${deep}}`],
])("%s nested 6,000 deep are refused with a sentence, in every form", async (_name, body) => {
  for (const accept of accepts) {
    const headers = { "content-type": "application/json", ...(accept !== undefined && { accept }) };
    const { status, errors } = await send("/graphql", { method: "POST", headers, body }, reader.key);
    expect(status, accept).toBe(400);
    expect(errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_DEPTH" });
    expect(errors[0].message).toMatch(/nested.*deep/);
  }
  expect(errorLines()).toEqual([]);
});

test.each(["variables", "extensions"])("%s nested deeply in an address are refused, too", async (name) => {
  for (const accept of accepts) {
    const search = new URLSearchParams({
      query: `query Q { ${list} }`,
      [name]: nest(900, '{"a":', "1", "}"),
    });
    const headers = { ...(accept !== undefined && { accept }) };
    const { status, errors } = await send(`/graphql?${search}`, { headers }, reader.key);
    expect(status, accept).toBe(400);
    expect(errors[0].extensions).toEqual({ code: "LIMIT_EXCEEDED", limit: "MAX_DEPTH" });
  }
  expect(errorLines()).toEqual([]);
});

test("an Accept header of many spaces costs nothing", async () => {
  const { status } = await ask(
    "POST",
    { query: "{ __typename }" },
    `text/csv${" ".repeat(12_000)}x`,
    reader.key,
  );
  expect(status).toBeLessThan(500);
});
