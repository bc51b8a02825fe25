import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GraphQLObjectType, isInputObjectType } from "graphql";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { scopeOf } from "../../src/server/annotation.ts";
import { makeKey } from "../../src/server/api-key.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { guarded, objects, readable, schema, ways } from "./attack-query.ts";

const key = {
  reader: makeKey("reader", ["read"], null),
  writer: makeKey("writer", ["read", "write"], null),
};
/** One guarded field of each kind, each persisted too, and asked for in every way that a document knows. */
const sample = [
  { root: "client(ref: { almaId: 1 })", type: "Client", field: "email", scope: "PERSONAL" },
  {
    root: "tenantContract(ref: { almaId: 1 })",
    type: "TenantContract",
    field: "contractScan",
    scope: "PERSONAL",
  },
  { root: "unit(ref: { almaId: 1 })", type: "Unit", field: "keyboxCode", scope: "SECRETS" },
  {
    root: "rentalObject(ref: { almaId: 1 })",
    type: "RentalObject",
    field: "electronicLockPassword",
    scope: "SECRETS",
  },
];
const persisted = Object.fromEntries(
  sample.map(({ root, field }, n) => [`p${n}`, `{ ${root} { ${field} } }`]),
);

let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  const manifest = join(mkdtempSync(join(tmpdir(), "attack-")), "manifest.json");
  writeFileSync(manifest, JSON.stringify(persisted));
  gateway = await startGateway(
    {},
    {
      API_KEYS: JSON.stringify(Object.values(key).map(({ record }) => record)),
      HOST: "0.0.0.0",
      PERSISTED_DOCUMENTS: "log",
      PERSISTED_MANIFEST: manifest,
      RATE_LIMIT: "0",
    },
  );
  url = `${gateway.address.replace("0.0.0.0", "127.0.0.1")}/graphql`;
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.asked();
});

async function send(body: unknown, by: keyof typeof key = "reader") {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": key[by].key },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
async function get(search: Record<string, string>, by: keyof typeof key = "reader") {
  const response = await fetch(`${url}?${new URLSearchParams(search)}`, {
    headers: { "x-api-key": key[by].key },
  });
  return { status: response.status, body: await response.json() };
}

/** Why an answer is no refusal that names the scope, or nothing if it is. */
function fault({ status, body }: Awaited<ReturnType<typeof send>>, scope: string): string | undefined {
  const [error] = body.errors ?? [];
  const right = status === 403 && !body.data && error?.extensions.code === "FORBIDDEN";
  return right && error.extensions.missing.includes(scope)
    ? undefined
    : `${status} ${JSON.stringify(body).slice(0, 300)}`;
}

describe("a guarded field is refused without its scope, before Alma is asked", () => {
  test.each([
    ["Query", "reader"],
    ["Mutation", "writer"],
  ] as const)("on every way to it from %s", async (rootName, by) => {
    const root = schema.getType(rootName) as GraphQLObjectType;
    const all = ways(root);
    const asked = all.flatMap((way) =>
      guarded
        .filter(({ type }) => type === way.type)
        .map(({ field, scope }) => ({ query: `${way.before} { ${field} } ${way.after}`, scope })),
    );
    expect(asked.length).toBeGreaterThan(rootName === "Query" ? 200 : 50);
    const faults: string[] = [];
    for (const { query, scope } of asked) {
      const document = rootName === "Query" ? `{ ${query} }` : `mutation { ${query} }`;
      const found = fault(await send({ query: document }, by), scope);
      if (found) faults.push(`${document}: ${found}`);
    }
    expect(faults).toEqual([]);
    expect(gateway.asked()).toEqual([]);
  });

  describe.each(sample)("$type.$field", ({ root, type, field, scope }) => {
    const plain = `{ ${root} { ${field} } }`;
    test.each<[string, () => ReturnType<typeof send>]>([
      ["plainly", () => send({ query: plain })],
      ["under an alias", () => send({ query: `{ ${root} { name: ${field} } }` })],
      ["under an alias of introspection", () => send({ query: `{ ${root} { __typename: ${field} } }` })],
      ["in a fragment", () => send({ query: `{ ${root} { ...F } } fragment F on ${type} { ${field} }` })],
      [
        "in a fragment in a fragment",
        () =>
          send({
            query: `{ ${root} { ...F } } fragment F on ${type} { ...G } fragment G on ${type} { ${field} }`,
          }),
      ],
      ["in a fragment on the query", () => send({ query: `{ ...F } fragment F on Query ${plain}` })],
      ["in a fragment without a type", () => send({ query: `{ ${root} { ... { ... { ${field} } } } }` })],
      ["where it is left out", () => send({ query: `{ ${root} { ${field} @include(if: false) } }` })],
      [
        "where a variable decides",
        () => send({ query: `query ($x: Boolean = false) { ${root} { ... @skip(if: $x) { ${field} } } }` }),
      ],
      ["beside what is allowed", () => send({ query: `{ units { totalCount } ${root} { ${field} } }` })],
      [
        "in the second operation",
        () => send({ query: `query A { __typename } query B ${plain}`, operationName: "B" }),
      ],
      [
        "with demands on freshness",
        () => send({ query: `query @freshness(maxAge: 86400, ifUnreachable: SERVE_STALE) ${plain}` }),
      ],
      ["by GET", () => get({ query: plain })],
      ["by GET for a cached answer", () => get({ query: plain, "if-none-match": "*" })],
      ["persisted", () => send({ documentId: Object.keys(persisted).find((id) => persisted[id] === plain) })],
      [
        "persisted, by GET",
        () => get({ documentId: Object.keys(persisted).find((id) => persisted[id] === plain) ?? "" }),
      ],
      [
        "by a hash",
        () =>
          send({
            extensions: {
              persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(plain).digest("hex") },
            },
          }),
      ],
    ])("asked for %s", async (_, ask) => {
      expect(fault(await ask(), scope)).toBeUndefined();
      expect(gateway.asked()).toEqual([]);
    });
  });
});

describe("a filter by a guarded field is refused without its scope", () => {
  const filters = Object.values(schema.getTypeMap())
    .filter(isInputObjectType)
    .filter(({ name }) => name.endsWith("Filter"))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => scopeOf(field))
        .map((field) => ({ type: type.name, field: field.name })),
    );

  test("of which there is one", () => {
    expect(filters).toEqual([{ type: "ClientFilter", field: "email" }]);
  });

  const by = (filter: string) => `{ clients(filter: ${filter}) { totalCount } }`;
  const variable = "query ($f: ClientFilter) { clients(filter: $f) { totalCount } }";
  const email = { email: { contains: "a" } };
  test.each<[string, object]>([
    ["a literal", { query: by('{ email: { contains: "a" } }') }],
    ["a literal of nothing", { query: by("{ email: {} }") }],
    ["and, or, not", { query: by("{ and: [{ or: [{ not: { email: { isNull: true } } }] }] }") }],
    ["a list's single value", { query: by('{ and: { email: { eq: "a" } } }') }],
    ["a variable", { query: variable, variables: { f: email } }],
    [
      "a variable with and, or, not",
      { query: variable, variables: { f: { and: [{ or: [{ not: email }] }] } } },
    ],
    ["a variable with a list's single value", { query: variable, variables: { f: { and: { or: email } } } }],
    [
      "a variable's default",
      { query: `query ($f: ClientFilter = { email: { eq: "a" } }) { clients(filter: $f) { totalCount } }` },
    ],
    [
      "a variable inside",
      { query: `query ($s: StringFilter) ${by("{ email: $s }")}`, variables: { s: { eq: "a" } } },
    ],
    [
      "a variable's list",
      { query: `query ($l: [ClientFilter!]) ${by("{ or: $l }")}`, variables: { l: [email] } },
    ],
    ["a fragment", { query: `{ ...F } fragment F on Query ${by('{ email: { eq: "a" } }')}` }],
  ])("as %s", async (_, body) => {
    expect(fault(await send(body), "PERSONAL")).toBeUndefined();
    expect(gateway.asked()).toEqual([]);
  });

  test.each([
    { query: by("{ email: null }") },
    { query: variable, variables: { f: { email: null } } },
    { query: variable, variables: { f: { email: "a" } } },
    { query: variable, variables: { f: { email: { like: "a" } } } },
  ])("and one that is none is refused in any case: %j", async (body) => {
    expect((await send(body)).body.data ?? null).toBeNull();
    expect(gateway.asked()).toEqual([]);
  });

  test.each(["EMAIL", "email", "PHONE", "BIRTHDAY", "PASSPORT"])(
    "and there is no order by %s",
    async (field) => {
      const { body } = await send({ query: `{ clients(orderBy: [{ field: ${field} }]) { totalCount } }` });
      expect(body.data).toBeUndefined();
      expect(body.errors[0].message).not.toContain("Did you mean");
      expect(gateway.asked()).toEqual([]);
    },
  );
});

test("what READ alone may see has nobody's personal data and no secret in it", async () => {
  const { clients, units, rooms } = gateway.simulator.data;
  const private_ = [
    ...clients.all().flatMap((each) => [each.email, each.phone, each.passport]),
    ...[...units.all(), ...rooms.all()].flatMap((each) => [each.electronic_lock_password]),
    ...units.all().flatMap((each) => [each.internet_password]),
  ].filter((value) => typeof value === "string" && value.length >= 6) as string[];
  expect(private_.length).toBeGreaterThan(100);
  for (const type of objects.filter(({ name }) => name.endsWith("Connection"))) {
    const root = `${type.name[0]?.toLowerCase()}${type.name.slice(1).replace("Connection", "")}s`;
    const node = schema.getType(type.name.replace("Connection", "")) as GraphQLObjectType;
    const { status, body } = await send({
      query: `{ ${root} { edges { cursor node { ${readable(node)} } } } }`,
    });
    expect(status, root).toBe(200);
    expect(body.data[root].edges.length, root).toBeGreaterThan(5);
    const text =
      JSON.stringify(body) +
      body.data[root].edges.map((edge: { cursor: string }) => Buffer.from(edge.cursor, "base64")).join();
    expect(
      private_.filter((value) => text.includes(value)),
      root,
    ).toEqual([]);
  }
});

describe("ids and headers lead nowhere else", () => {
  test.each([
    "../clients/1",
    "..",
    "a/../../clients",
    "..\\clients",
    "%2e%2e/clients",
    "x\r\nhost: evil",
    "x\0",
    "?a=b#c",
    "",
    " ",
  ])("externalId %j", async (externalId) => {
    const { status, body } = await send({
      query: "query ($e: String) { unit(ref: { externalId: $e }) { name } }",
      variables: { e: externalId },
    });
    expect(status).toBeLessThan(500);
    expect(body.data?.unit ?? null).toBeNull();
    for (const line of gateway.asked()) expect(line).toMatch(/^GET realty\/units\/(external_id\/.*)?$/);
  });

  test.each(["Client:1/../../x", "Unit:1 ", "unit:1", "Unit:0x1", "Unit:1e3", "Unit:-1", "__proto__:1"])(
    "id %j",
    async (id) => {
      const { body } = await send({ query: "query ($i: ID!) { node(id: $i) { id } }", variables: { i: id } });
      expect(body.data?.node ?? null).toBeNull();
      expect(gateway.asked()).toEqual([]);
    },
  );

  test("a forged X-Forwarded-For does not make guessing free", async () => {
    const guesses = Array.from({ length: 40 }, (_, n) =>
      fetch(url, { method: "POST", headers: { "x-api-key": "guess", "x-forwarded-for": `10.0.0.${n}` } }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses).toContain(429);
    expect((await send({ query: "{ __typename }" })).status).toBe(200);
  });
});
