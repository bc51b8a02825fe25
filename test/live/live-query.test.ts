import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { leaseInput, start } from "../graph/start.ts";
import { advance } from "../support/clock.ts";
import { openStream } from "../support/stream.ts";

afterEach(() => void vi.useRealTimers());

async function watch(env: Record<string, string> = {}) {
  const gateway = await start({}, { LOG_LEVEL: "info", ...env });
  const live = (query: string, headers: Record<string, string> = {}) =>
    openStream(`${gateway.address}/graphql/stream`, { body: { query }, headers });
  const told = (query: string) => live(query).then(async (stream) => (await stream.take(1))[0]);
  return { ...gateway, live, told };
}

const unit = "unit(ref: { almaId: 1 }) { address }";

test("a live query is answered immediately, again when its data has changed, and not when it is only read again", async () => {
  const { live, data, query, lines } = await watch();
  const stream = await live(`query Screen @live { ${unit} }`);
  const [first] = await stream.take(1);
  expect(first).toMatchObject({
    data: { unit: { address: expect.anything() } },
    extensions: { alma: { calls: 1 } },
  });
  const read = () => query(`query @freshness(maxAge: 0) { units { nodes { address number } } }`);
  // A field of the record that the query does not select.
  data.units.change(1, { number: "N-1" });
  await read();
  await read();
  await sleep(1_300);
  const screens = () => lines("operation").filter(({ operation }) => operation === "Screen").length;
  const looked = screens();
  await sleep(1_300);
  expect(screens()).toBe(looked);
  expect(stream.messages()).toHaveLength(1);
  const start = performance.now();
  for (const address of ["A", "B", "C", "D"]) {
    data.units.change(1, { address });
    await read();
  }
  while (stream.messages().at(-1)?.data.unit.address !== "D") await sleep(10);
  // One answer a second, however long the changes took.
  const seconds = Math.ceil((performance.now() - start) / 1_000);
  expect(stream.messages().length).toBeLessThanOrEqual(2 + seconds);
});

test.each([
  ["an answer", ""],
  ["an answer with an error", "wrong: room(ref: { almaId: 11 }) { number }"],
])("%s is sent again for any change, whatever is called extensions", async (_, beside) => {
  const { live, data, query } = await watch();
  data.rooms.change(11, { number: { not: "a text" } as unknown as string });
  const stream = await live(`query @live { extensions: unit(ref: { almaId: 1 }) { address } ${beside}
    last: unit(ref: { almaId: 2 }) { address } }`);
  await stream.take(1);
  const read = () => query(`query @freshness(maxAge: 0) { units { nodes { address } } }`);
  for (const [index, [id, address]] of (
    [
      [1, 'A,"extensions":{'],
      [2, 'A,"extensions":{"alma":1}}'],
      [2, 'B,"extensions":{"alma":1}}'],
      [1, "C"],
    ] as const
  ).entries()) {
    data.units.change(id, { address });
    await read();
    await read();
    const sent = (await stream.take(index + 2))[index + 1];
    expect(sent.data[id === 1 ? "extensions" : "last"].address).toBe(address);
    expect(sent.errors?.length).toBe(beside === "" ? undefined : 1);
  }
  expect(stream.messages()).toHaveLength(5);
});

test("live queries read nothing from Alma, unless they ask for young records", async () => {
  const { live, asked } = await watch();
  const stream = await live(`query @live { ${unit} }`);
  await stream.take(1);
  const young = await live(`query @live @freshness(maxAge: 20) { room(ref: { almaId: 11 }) { status } }`);
  await young.take(1);
  asked();
  advance(21_000);
  await sleep(500);
  expect(asked()).toEqual(["GET realty/rooms/11/"]);
  // MAX_AGE has passed, which applies to the record that a query names.
  advance(40_000);
  await sleep(500);
  expect(asked()).toEqual(["GET realty/rooms/11/"]);
  expect([stream, young].map(({ messages }) => messages().length)).toEqual([1, 1]);
});

test("the same query with the same scopes is executed once for all followers, and viewer for each", async () => {
  const keys = ["one", "two", "three"].map((name) =>
    createApiKey(name, name === "three" ? ["read", "personal"] : ["read"], null),
  );
  const { live, data, query, lines } = await watch({
    API_KEYS: JSON.stringify(keys.map(({ record }) => record)),
  });
  const document = "query Shared @live { client(ref: { almaId: 252 }) { firstName } }";
  const as = keys.map(({ key }) => ({ "x-api-key": key }));
  const streams = await Promise.all([...as, ...as].map((headers) => live(document, headers)));
  await Promise.all(streams.map(({ take }) => take(1)));
  const made = () => lines("operation").filter(({ operation }) => operation === "Shared").length;
  expect(made()).toBe(2);
  data.clients.change(252, { first_name: "Renamed" });
  await query("query @freshness(maxAge: 0) { clients { nodes { firstName } } }", undefined, as[0]);
  for (const { take } of streams) expect((await take(2))[1].data.client.firstName).toBe("Renamed");
  expect(made()).toBe(4);
  const viewers = await Promise.all(as.map((headers) => live("query @live { viewer { name } }", headers)));
  const names = await Promise.all(viewers.map(async ({ take }) => (await take(1))[0].data.viewer.name));
  expect(names).toEqual(["one", "two", "three"]);
});

test("callers with other scopes share nothing, whatever their request ids", async () => {
  const keys = [createApiKey("all", ["read", "personal"], null), createApiKey("few", ["read"], null)];
  const { live } = await watch({ API_KEYS: JSON.stringify(keys.map(({ record }) => record)) });
  for (const directive of ["", "@live"])
    for (const shape of [
      "{ client(ref: { almaId: 252 }) { email } }",
      '{ clients(filter: { email: { contains: "@" } }) { totalCount } }',
    ]) {
      const [all, few] = await Promise.all(
        keys.map(({ key }) =>
          live(`query ${directive} ${shape}`, { "x-api-key": key, "x-request-id": "one" }),
        ),
      );
      expect((await all?.take(1))?.[0].errors).toBeUndefined();
      expect((await few?.take(1))?.[0]).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
      expect(few?.text()).not.toContain("omar@");
    }
});

test("a live query opened after a write shows it immediately", async () => {
  const { live, mutate } = await watch();
  const document = `query @live { ${unit} }`;
  await (await live(document)).take(1);
  for (const address of ["A", "B"]) {
    await mutate(`updateUnit(ref: { almaId: 1 }, input: { address: "${address}" })`, "__typename");
    expect((await (await live(document)).take(1))[0].data.unit.address).toBe(address);
  }
});

test("an answer changes when the day turns", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-03-10T12:00:00Z") });
  const { live, data, mutate, query } = await watch();
  await mutate(`createTenantContract(input: ${leaseInput("x-1")})`, "__typename");
  const id = data.tenantContracts.all()[0]?.id ?? 0;
  data.tenantContracts.change(id, { start_date: "2026-01-01T00:00:00", end_date: "2026-03-10T00:00:00" });
  await query("query @freshness(maxAge: 0) { tenantContracts { nodes { endDate } } }");
  const stream = await live(`query @live { tenantContract(ref: { almaId: ${id} }) { state } }`);
  const [before] = await stream.take(1);
  vi.setSystemTime(Date.parse("2026-03-12T12:00:00Z"));
  advance(1_000);
  const [, after] = await stream.take(2);
  expect([before, after].map((answer) => answer.data.tenantContract.state)).toEqual(["ACTIVE", "ENDED"]);
});

test("an error is sent, and the answer once there is one", async () => {
  const { live, simulator } = await watch();
  simulator.faults.add({ kind: "status", status: 500, when: ({ path }) => path.includes("units/1/") });
  const stream = await live(`query @live { ${unit} }`);
  const [first] = await stream.take(1);
  expect(first).toMatchObject({
    data: { unit: null },
    errors: [{ extensions: { code: "ALMA_UNAVAILABLE" } }],
  });
  simulator.faults.clear();
  advance(60_000);
  const answers = await stream.take(2);
  expect(answers[1]).toMatchObject({ data: { unit: { address: expect.anything() } } });
  expect(answers[1].errors).toBeUndefined();
});

test("a live query shows no secrets and has an age", async () => {
  const { told } = await watch();
  const codeOf = async (document: string) => (await told(document)).errors[0].extensions.code;
  expect(await codeOf("query @live { unit(ref: { almaId: 1 }) { keyboxCode } }")).toBe("FORBIDDEN");
  expect(await codeOf(`query @live @freshness(maxAge: 0) { ${unit} }`)).toBe("BAD_USER_INPUT");
  expect(await codeOf(`query @live @freshness(maxAge: -1) { ${unit} }`)).toBe("BAD_USER_INPUT");
  expect(await codeOf(`query @live @asOf(day: "2020-01-01") { ${unit} }`)).toBe("BAD_USER_INPUT");
  expect(await codeOf(`query @live(every: 1) { ${unit} }`)).toBe("GRAPHQL_VALIDATION_FAILED");
  expect(await codeOf("query @live { unit(ref: { almaId: 1 }) { nothing } }")).toBe(
    "GRAPHQL_VALIDATION_FAILED",
  );
});

test("outside a stream a live query is answered once, from the catalog", async () => {
  const { query, asked } = await watch();
  const first = await query(`query @live { ${unit} }`);
  advance(60_000);
  asked();
  expect(await query(`query @live { ${unit} }`)).toMatchObject({ data: first.data });
  expect(asked()).toEqual([]);
  const [error] = (await query("subscription { changes { field } }")).errors ?? [];
  expect(error?.message).toContain("/graphql/stream");
});

test("a live query cannot demand that each answer is read anew", async () => {
  const { query } = await watch();
  expect((await query(`query @live @freshness(maxAge: 0) { ${unit} }`)).errors).toEqual([
    expect.objectContaining({
      message: expect.stringContaining("A live query cannot use maxAge 0"),
      extensions: expect.objectContaining({ code: "BAD_USER_INPUT", argument: "@freshness.maxAge" }),
    }),
  ]);
});
