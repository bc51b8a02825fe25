import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GraphQLObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { has } from "../../support/has.ts";
import { type Attacked, fault, type Reply, startAttacked } from "./attack-gateway.ts";
import { guarded, schema, type Way, ways } from "./attack-query.ts";

const directive = "@missingScopes(as: NULL)";
const mark = "LEAK";
const born = "1907-07-07";
const contacts = "{ clients { nodes { id email lastName } } }";
const persisted = { contacts: `query Contacts ${directive} ${contacts}` };

/** A report whose document accepts nulls, and one that does not. */
const reports = mkdtempSync(join(tmpdir(), "missing-scopes-"));
const head = "# title: Contacts\n# rows: clients.nodes\n";
writeFileSync(join(reports, "open.graphql"), `${head}query Open ${directive} ${contacts}`);
writeFileSync(join(reports, "closed.graphql"), `${head}query Closed ${contacts}`);

let gateway: Attacked;
/** A record of each type, with all guarded values marked. */
let ids: Readonly<Record<string, number>>;
beforeAll(async () => {
  gateway = await startAttacked(persisted, { REPORTS: reports, CATALOG: "on" });
  const { clients, units, rooms, ownerContracts, tenantContracts, files } = gateway.simulator.data;
  const scan = files.insert({ name: `${mark}.jpg` }).id;
  for (const { id } of clients.all())
    clients.change(id, {
      email: `${mark}-${id}@example.com`,
      phone: mark,
      passport: mark,
      id_number: mark,
      passport_scan: scan,
      id_scan: scan,
      birthday: born,
    });
  const code = { keybox_code: mark, electronic_lock_password: mark };
  for (const { id } of units.all())
    units.change(id, { ...code, internet_login: mark, internet_password: mark });
  for (const { id } of rooms.all()) rooms.change(id, code);
  for (const { id } of tenantContracts.all())
    tenantContracts.change(id, { contract_scan: scan, co_tenant_id_scan: scan, co_tenant_id: mark });
  for (const { id } of ownerContracts.all())
    ownerContracts.change(id, {
      contract_with_client_scan: scan,
      property_title_deed_scan: scan,
      property_management_letter_scan: scan,
      dtcm_permit_scan: scan,
    });
  const first = (table: { all(): readonly { readonly id: number }[] }) => table.all()[0]?.id ?? 0;
  ids = {
    Building: first(gateway.simulator.data.buildings),
    Unit: tenantContracts.all().find(({ unit_id }) => units.get(unit_id))?.unit_id ?? first(units),
    Room: first(rooms),
    Client: tenantContracts.all()[0]?.client_id ?? 0,
    OwnerContract: first(ownerContracts),
    TenantContract: first(tenantContracts),
  };
  await gateway.warm();
});
afterAll(() => gateway.close());

const leaks = (text: string): boolean => text.includes(mark) || text.includes(born);

/** The same path from an existing record. */
function real({ root, type, before, ...way }: Way): Way {
  const [, named] = /\.\.\. on (\w+)/.exec(before) ?? [];
  const name = `${root[0]?.toUpperCase()}${root.slice(1)}`;
  const start =
    root === "node" || root === "nodes"
      ? (named ?? type.name)
      : name === "RentalObject"
        ? (named ?? "Unit")
        : name;
  const id = ids[start] ?? 1;
  const found = before.replace("almaId: 1", `almaId: ${id}`).replace("Client:1", `${start}:${id}`);
  return { root, type, before: found, ...way };
}

interface Probe {
  readonly head: string;
  readonly body: string;
  readonly scope: string;
}

/** Each guarded field on each path to it, directly, and behind an alias, a fragment and a variable. */
function probes(): Probe[] {
  return (
    ways(schema.getType("Query") as GraphQLObjectType)
      // They are withheld as a whole.
      .filter(({ root }) => root !== "job" && root !== "jobs")
      .map(real)
      .flatMap(({ type, before, after }) =>
        guarded
          .filter((one) => one.type === type)
          .flatMap(({ field, scope }): Probe[] => [
            { head: "query Q", body: `{ ${before} { ${field} } ${after} }`, scope },
            {
              head: "query Q($yes: Boolean = true)",
              body: `{ ${before} { ...F } ${after} } fragment F on ${type.name} { id: ${field} @include(if: $yes) ...G }
              fragment G on ${type.name} { __typename: ${field} }`,
              scope,
            },
          ]),
      )
  );
}

interface FieldError {
  readonly path?: readonly string[];
  readonly extensions: { readonly code: string; readonly missing: readonly string[] };
}

/** The keys of an answer with null values, including objects that contain nothing else. */
const nulls = (text: string): number => text.match(/"\w+":null/g)?.length ?? 0;

describe("a field without its scope", () => {
  test("is refused without the directive and null with it, in 520 probes, also when they are repeated", async () => {
    const all = probes();
    expect(all.length).toBeGreaterThanOrEqual(520);
    const wrong: string[] = [];
    let shown = 0;
    let withheld = 0;
    const probe = async ({ head, body, scope }: Probe, index: number) => {
      const refused = fault(await gateway.send({ query: `${head} ${body}` }), scope);
      if (refused) wrong.push(`${body}: ${refused}`);
      const query = `${head} ${directive} ${body}`;
      // A repeated one may be cached, and its document is known.
      for (const time of index % 5 === 0 ? [1, 2] : [1]) {
        const { status, body: answer } = await gateway.send({ query });
        const text = JSON.stringify(answer);
        const errors: readonly FieldError[] = answer.errors ?? [];
        const isWithheld = ({ path, extensions }: FieldError) =>
          extensions.code === "FORBIDDEN" && path !== undefined && extensions.missing.includes(scope);
        if (status !== 200 || !answer.data || leaks(text) || !errors.every(isWithheld))
          wrong.push(`${time} ${body}: ${text.slice(0, 300)}`);
        if (errors.length > 0 && nulls(text) > 0) withheld += 1;
      }
      const isSample = scope === "PERSONAL" && index % 3 === 0;
      if (isSample && leaks(JSON.stringify((await gateway.send({ query }, "owner")).body))) shown += 1;
    };
    for (let first = 0; first < all.length; first += 20)
      await Promise.all(all.slice(first, first + 20).map((one, index) => probe(one, first + index)));
    expect(wrong).toEqual([]);
    // The probes reach existing data.
    expect(shown).toBeGreaterThan(40);
    expect(withheld).toBeGreaterThan(300);
  }, 240_000);

  test("is reported once per place in the query, and the rest is answered", async () => {
    const { body } = await gateway.send({
      query: `query ${directive} { clients { totalCount nodes { id email again: email lastName } } viewer { name } }`,
    });
    const { nodes, totalCount } = body.data.clients;
    expect(nodes.length).toBe(Math.min(50, totalCount));
    for (const node of nodes)
      expect(node).toMatchObject({
        email: null,
        again: null,
        id: expect.any(String),
        lastName: expect.any(String),
      });
    expect(body.data.viewer.name).toBe("reader");
    expect(
      body.errors.map(({ path, extensions, message }: Record<string, unknown>) => [
        path,
        extensions,
        message,
      ]),
    ).toEqual(
      ["email", "again"].map((key) => [
        ["clients", "nodes", 0, key],
        { code: "FORBIDDEN", missing: ["PERSONAL"] },
        expect.stringMatching(/^Client\.email needs the scope personal/),
      ]),
    );
  });

  test("of a key that cannot even read is null at the root", async () => {
    const { body } = await gateway.send(
      { query: `query ${directive} { viewer { name } clients { nodes { id } } }` },
      "none",
    );
    expect(body.data).toEqual({ viewer: { name: "none" }, clients: null });
    expect(body.errors[0]).toMatchObject({ path: ["clients"], extensions: { missing: ["READ"] } });
  });
});

test.each([
  `query ${directive} { clients(filter: { email: { startsWith: "L" } }) { totalCount } }`,
  `query ($f: ClientFilter) ${directive} { clients(filter: $f) { totalCount } }`,
  `query ${directive} { tenantContracts(filter: { clientWhere: { email: { eq: "a" } } }) { totalCount } }`,
  `query ${directive} { clients(filter: { or: [{ not: { email: { isNull: true } } }] }) { nodes { email } } }`,
  `mutation { updateClient(ref: { almaId: 1 }, input: { lastName: "A" }, dryRun: true) { client { email } } }`,
])("a test of a guarded value is refused as before: %s", async (query) => {
  const variables = { f: { email: { eq: "a" } } };
  const reply = await gateway.send({ query, variables }, query.startsWith("mutation") ? "writer" : "reader");
  expect(fault(reply, "PERSONAL")).toBeUndefined();
  expect(JSON.stringify(reply.body)).not.toMatch(/"data":\{/);
});

test("a mutation does not accept the directive", async () => {
  const { body } = await gateway.send(
    { query: `mutation ${directive} { archiveUnit(ref: { almaId: 1 }) { unit { keyboxCode } } }` },
    "writer",
  );
  expect(body.errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
});

test("a malformed value does not reduce the scopes of a dry run", async () => {
  const query = `mutation ($input: UpdateClientInput!) {
    updateClient(ref: { almaId: 1 }, input: $input, dryRun: true) { userErrors { code } } }`;
  const reply = await gateway.send({ query, variables: { input: { birthday: "1.1.1970" } } }, "sender");
  expect(fault(reply, "READ")).toBeUndefined();
});

describe("@include and @skip apply before scopes are checked", () => {
  const client = () => `client(ref: { almaId: ${ids.Client} })`;
  test.each<[string, (unit: number) => string, object?]>([
    ["a literal", () => `{ ${client()} { id email @include(if: false) } }`],
    [
      "a default",
      () => `query ($no: Boolean = false) { ${client()} { id ... @include(if: $no) { email } } }`,
    ],
    [
      "a variable",
      () => `query ($no: Boolean!) { ${client()} { id ...F @skip(if: $no) } } fragment F on Client { phone }`,
      { no: true },
    ],
    [
      "codes of a list",
      () => `query ($no: Boolean!) { units { nodes { id keyboxCode @skip(if: $no) } } }`,
      { no: true },
    ],
  ])("by %s", async (_name, query, variables) => {
    const { status, body } = await gateway.send({ query: query(0), variables }, "reader");
    expect(body.errors).toBeUndefined();
    expect(status).toBe(200);
    expect(Object.values(body.data)[0]).not.toHaveProperty("email");
  });

  test("and other fields are refused, even after the same document was answered", async () => {
    const query = `query ($see: Boolean!) { ${client()} { id email @include(if: $see) } }`;
    expect((await gateway.send({ query, variables: { see: false } })).body.data.client).toEqual({
      id: expect.any(String),
    });
    expect(fault(await gateway.send({ query, variables: { see: true } }), "PERSONAL")).toBeUndefined();
    const own = await gateway.send({ query, variables: { see: true } }, "owner");
    expect(own.body.data.client.email).toContain(mark);
    expect((await gateway.send({ query, variables: { see: false } })).body.data.client).toEqual({
      id: expect.any(String),
    });
    const invalid = await gateway.send({ query, variables: { see: "no" } });
    expect(JSON.stringify(invalid.body)).not.toContain(mark);
  });
});

describe("in every form of the answer", () => {
  const query = `query ${directive} ${contacts}`;
  const ask = async (accept: string, by: "reader" | "owner", body: object = { query }): Promise<Response> =>
    fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept, "x-api-key": gateway.keys[by] },
      body: JSON.stringify(body),
    });

  test.each(has("reports") ? ["text/csv", "application/x-ndjson"] : [])(
    "%s has the column, empty, and says why",
    async (accept) => {
      const own = await ask(accept, "owner");
      expect(await own.text()).toContain(mark);
      const response = await ask(accept, "reader");
      const text = await response.text();
      expect([response.status, response.headers.get("x-alma-missing-scopes")]).toEqual([200, "PERSONAL"]);
      expect(text).toContain("email");
      expect(text.split("\n").length).toBeGreaterThan(20);
      expect(leaks(text)).toBe(false);
      expect((await ask(accept, "reader", { query: contacts })).status).toBe(403);
    },
  );

  test.each(has("reports") ? [".csv", ".ndjson", ".json", ""] : [])(
    "a report%s likewise, if its document says so",
    async (ending) => {
      const get = (name: string, by: "reader" | "owner") =>
        fetch(`${gateway.url.replace("graphql", "reports")}/${name}${ending}`, {
          headers: { "x-api-key": gateway.keys[by], accept: "text/html,*/*" },
        });
      expect(await (await get("open", "owner")).text()).toContain(mark);
      const response = await get("open", "reader");
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).toMatch(/lastName/i);
      expect(leaks(text)).toBe(false);
      if (ending === "") expect(text).toContain("<code>PERSONAL</code>");
      else expect(response.headers.get("x-alma-missing-scopes")).toBe("PERSONAL");
      expect((await get("closed", "reader")).status).toBe(403);
    },
  );

  test("a cached answer, a GET and a persisted document show each caller their own", async () => {
    const asks: Record<string, (by: "reader" | "owner") => Promise<Reply>> = {
      post: (by) => gateway.send({ query }, by),
      ...(has("persisted") && { persisted: (by) => gateway.send({ documentId: "contacts" }, by) }),
      get: (by) => gateway.get({ query }, { "x-api-key": gateway.keys[by] }),
      explained: (by) => gateway.send({ query: `query ${directive} @explain(data: true) ${contacts}` }, by),
    };
    for (const [name, get] of Object.entries(asks))
      for (const by of ["owner", "reader", "owner", "owner", "reader", "reader"] as const)
        expect(leaks(JSON.stringify((await get(by)).body.data)), `${name} ${by}`).toBe(by === "owner");
  });

  if (has("history"))
    test("changes of guarded fields are shown without their values", async () => {
      const { body } = await gateway.send({
        query: `query ${directive} { client(ref: { almaId: ${ids.Client} }) { email changeLog { nodes { field before after by { name } } } } changes { nodes { field before after by { name } } } }`,
      });
      expect(leaks(JSON.stringify(body))).toBe(false);
      expect(body.data.client.email).toBeNull();
    });
});
