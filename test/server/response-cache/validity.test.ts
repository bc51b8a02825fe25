import { afterEach, describe, expect, test, vi } from "vitest";
import { start } from "../../graph/start.ts";
import { advance, until } from "../../support/clock.ts";

afterEach(() => {
  vi.useRealTimers();
});

const named = '{ unit(ref: { externalId: "u-1" }) { name building { address } } }';
const listed = "{ units { nodes { name status } } }";
const warm = { CATALOG: "on" };

/** A gateway, and a function that sends a query and returns whether the answer came from the cache. */
async function prepare(env: Record<string, string> = {}) {
  const gateway = await start({}, env);
  const wasKept = async (query: string) => {
    const { errors, extensions } = await gateway.query(query);
    expect(errors).toBeUndefined();
    return extensions.alma.kept === true;
  };
  return { ...gateway, wasKept };
}

describe("an answer is reused", () => {
  test.each([
    ["a record that is named, for MAX_AGE", named, {}, 30],
    ["a record that is named, for the age that it asks for", `query @freshness(maxAge: 7) ${named}`, {}, 7],
    ["a list without background work, for CATALOG_MAX_AGE", listed, { CATALOG_MAX_AGE: "100" }, 100],
    ["a list, for the age that it asks for", `query @freshness(maxAge: 50) ${listed}`, warm, 50],
    ["absence, for MAX_AGE", '{ unit(ref: { externalId: "none" }) { name } }', {}, 30],
    ["absence by an id, for MAX_AGE", "{ unit(ref: { almaId: 999 }) { name } }", {}, 30],
    ["existence, for MAX_AGE", "{ unit(ref: { almaId: 1 }) { id } }", {}, 30],
    ["the kind of an id, for MAX_AGE", "{ rentalObject(ref: { almaId: 11 }) { id name } }", {}, 30],
  ])("if it shows %s", async (_, query, env, seconds) => {
    const { wasKept } = await prepare(env);
    // The very first answer may change the known records.
    await wasKept(query);
    advance(seconds * 1000);
    expect(await wasKept(query)).toBe(false);
    expect(await wasKept(query)).toBe(true);
    advance((seconds - 2) * 1000);
    expect(await wasKept(query)).toBe(true);
    advance(2_000);
    expect(await wasKept(query)).toBe(false);
  });

  test("while background work maintains its data, and not beyond CATALOG_MAX_AGE", async () => {
    // Calls in flight take longer than the clock's advance.
    const env = { ...warm, CATALOG_MAX_AGE: "600", REFRESH_RATE: "1", ALMA_TIMEOUT: "600" };
    const { address, query, wasKept } = await prepare(env);
    // The first full read and the first repeated list reads may change the known records.
    await until(async () => (await fetch(`${address}/health/ready`)).ok);
    advance(60_000);
    await wasKept(listed);
    await until(() => wasKept(listed));
    const { extensions } = await query(listed);
    for (let time = 0; time < 5; time++) {
      advance(60_000);
      const later = await query(listed);
      expect(later.extensions.alma).toEqual({ ...extensions.alma, kept: true });
    }
  });
});

test("if the refresh lags, a maintained answer is reused until its data is as old as CATALOG_MAX_AGE, and a new one for 30 s", async () => {
  const { wasKept, query, simulator } = await prepare({
    ...warm,
    CATALOG_MAX_AGE: "200",
    REFRESH_RATE: "1",
    ALMA_TIMEOUT: "600",
  });
  await until(() => wasKept(listed));
  // From now on, no read of a single unit is answered.
  simulator.faults.add({ kind: "stall", ms: 7_200_000, when: ({ path }) => /units\/\d+\/$/.test(path) });
  const { oldest } = (await query(listed)).extensions.alma;
  const age = Date.now() - Date.parse(oldest ?? "");
  advance(190_000 - age);
  expect(await wasKept(listed)).toBe(true);
  advance(10_000);
  expect(await wasKept(listed)).toBe(false);
  expect(await wasKept(listed)).toBe(true);
  advance(28_000);
  expect(await wasKept(listed)).toBe(true);
  advance(2_000);
  expect(await wasKept(listed)).toBe(false);
});

const write = 'updateUnit(ref: { externalId: "u-1" }, input: { name: "written" })';

test.each([
  ["a record", named],
  ["a list", "{ units(orderBy: [{ field: ALMA_ID }]) { nodes { name } } }"],
  ["a filter", '{ units(filter: { name: { eq: "written" } }) { totalCount } }'],
])("%s is answered again after a write to it", async (_, query) => {
  for (const env of [{}, warm]) {
    const { query: ask, wasKept, mutate } = await prepare(env);
    // Background work may find changes of the records in between.
    await until(() => wasKept(query));
    expect((await mutate(write, "unit { name }")).userErrors).toEqual([]);
    const { data, extensions } = await ask(query);
    expect(extensions.alma.kept).toBeUndefined();
    expect(JSON.stringify(data)).toMatch(/written|"totalCount":1/);
    await until(() => wasKept(query));
  }
});

const unitInput = '{ externalId: "u-9", name: "109", building: { almaId: 1001 }, propertyType: "studio" }';

test.each([
  [
    "a record that did not exist",
    '{ found: unit(ref: { externalId: "u-9" }) { name } }',
    `createUnit(input: ${unitInput})`,
    { name: "109" },
  ],
  [
    "a rental object that did not exist",
    '{ found: rentalObject(ref: { externalId: "u-9" }) { name } }',
    `createUnit(input: ${unitInput})`,
    { name: "109" },
  ],
  [
    "a record that has another Bitrix id",
    '{ found: unit(ref: { externalId: "u-1" }) { name } }',
    'updateUnit(ref: { externalId: "u-1" }, input: { externalId: "u-8" })',
    null,
  ],
  [
    "a rental object that has another Bitrix id",
    '{ found: rentalObject(ref: { externalId: "r-11" }) { id } }',
    'updateRoom(ref: { externalId: "r-11" }, input: { externalId: "r-18" })',
    null,
  ],
  [
    "a filter by a Bitrix id that a record got",
    '{ found: rooms(filter: { unit: { externalId: "u-8" } }) { totalCount } }',
    'updateUnit(ref: { externalId: "u-1" }, input: { externalId: "u-8" })',
    { totalCount: 2 },
  ],
])("%s is looked up again after the write", async (_, query, mutation, expected) => {
  for (const env of [{}, warm]) {
    const { query: ask, wasKept, mutate } = await prepare(env);
    await until(() => wasKept(query));
    expect((await mutate(mutation, "__typename")).userErrors).toEqual([]);
    const { data, extensions } = await ask(query);
    expect({ ...data, kept: extensions.alma.kept }).toEqual({ found: expected, kept: undefined });
  }
});

test.each([
  ["an Alma id that does not exist", (n: number) => `{ unit(ref: { almaId: ${900 + n} }) { name } }`],
  [
    "a rental object that does not exist",
    (n: number) => `{ rentalObject(ref: { almaId: ${900 + n} }) { id } }`,
  ],
  ["an absence that was known", () => "query @freshness(maxAge: 0) { unit(ref: { almaId: 900 }) { name } }"],
  [
    "a rental object whose kind was known",
    () => 'query @freshness(maxAge: 0) { rentalObject(ref: { externalId: "r-11" }) { __typename } }',
  ],
])("asking for %s keeps all other answers", async (_, ask) => {
  const { query, wasKept } = await prepare(warm);
  const answers = [
    listed,
    "{ rooms { nodes { name } } }",
    "{ buildings { nodes { name units { totalCount } } } }",
  ];
  await query(ask(0));
  for (const answer of answers) await until(() => wasKept(answer));
  for (let n = 0; n < 3; n++) expect((await query(ask(n))).errors).toBeUndefined();
  for (const answer of answers) expect(await wasKept(answer)).toBe(true);
});

test("a record that stays unreadable keeps the answers without it", async () => {
  const { query, wasKept, simulator } = await prepare(warm);
  const ask = "query @freshness(maxAge: 0) { unit(ref: { almaId: 2 }) { building { address } } }";
  simulator.faults.add({ kind: "status", status: 500, when: ({ path }) => path.endsWith("units/2/") });
  await query(ask);
  await until(() => wasKept("{ units { nodes { name } } }"));
  for (let n = 0; n < 3; n++) expect((await query(ask)).errors).toHaveLength(1);
  expect(await wasKept("{ units { nodes { name } } }")).toBe(true);
});

test("an answer is not kept if a write ends while it is created", async () => {
  const { query, simulator, mutate } = await prepare();
  // The unit is read before the write, and its building is still being read when the write ends.
  const both = '{ unit(ref: { externalId: "u-1" }) { name } building(ref: { almaId: 1001 }) { address } }';
  const stall = simulator.faults.add({
    kind: "stall",
    ms: 3_000,
    when: ({ path }) => path.includes("buildings/1001"),
    times: 1,
  });
  const asking = query(both);
  await until(() => stall.hits > 0);
  await mutate(write, "unit { name }");
  expect((await asking).extensions.alma.kept).toBeUndefined();
  const { data, extensions } = await query(both);
  expect(data.unit.name).toBe("written");
  expect(extensions.alma.kept).toBeUndefined();
});

test("an answer belongs to the day on which it was created", async () => {
  const midnight = Date.parse("2030-06-01T00:00:00+04:00");
  vi.useFakeTimers({ toFake: ["Date"], now: midnight - 400 });
  const { wasKept } = await prepare();
  await wasKept(named);
  expect(await wasKept(named)).toBe(true);
  vi.setSystemTime(midnight + 400);
  expect(await wasKept(named)).toBe(false);
});

test("while a list is unreadable, answers that rest on it are not reused; others are", async () => {
  const { wasKept, simulator, query } = await prepare({ ...warm, REFRESH_RATE: "50", LOG_LEVEL: "silent" });
  const clients = "{ clients { nodes { status } } }";
  for (const text of [listed, clients]) await until(() => wasKept(text));
  const failing = simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ method, path }) => method === "GET" && path.endsWith("realty/units/"),
  });
  await until(() => failing.hits > 0);
  await until(async () => !(await wasKept(listed)));
  expect((await query(listed)).errors).toBeUndefined();
  await until(() => wasKept(clients));
  failing.remove();
  await until(() => wasKept(listed));
});

test("maintained answers are not reused while Alma is down", async () => {
  const { wasKept, simulator } = await prepare({ ...warm, REFRESH_RATE: "50", LOG_LEVEL: "silent" });
  await until(() => wasKept(listed));
  simulator.faults.add({ kind: "status", status: 503 });
  await until(async () => !(await wasKept(listed)));
  simulator.faults.clear();
  await until(() => wasKept(listed));
});

test("a change by another system shows once background work has read it", async () => {
  const { query, wasKept, data } = await prepare({ ...warm, CATALOG_MAX_AGE: "60", REFRESH_RATE: "50" });
  await until(() => wasKept(listed));
  data.units.change(1, { name: "elsewhere" });
  await until(async () => JSON.stringify((await query(listed)).data).includes("elsewhere"));
});
