import { describe, expect, onTestFinished, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { advance } from "../../support/clock.ts";
import { type Answer, startGateway } from "../../support/gateway.ts";
import { start } from "../start.ts";

const explainOf = ({ extensions }: Answer) => extensions.explain;
const reasonsOf = (answer: Answer): string[] =>
  explainOf(answer).calls.map(
    ({ kind, read, count, why }: Record<string, unknown>) => `${count} ${kind} ${read}. ${why}`,
  );
const ONE = "Its own read has the requested fields";

describe("an explanation instead of the data", () => {
  test("reads nothing, and reports the data in memory with its age", async () => {
    const { query, asked } = await start({}, { CATALOG: "on" });
    const text = "{ units { nodes { name building { address } } } }";
    const answer = await query(`query Q @explain ${text}`);
    const { data, extensions } = await query(text);
    expect(answer.data).toBeNull();
    expect(answer.errors).toBeUndefined();
    expect(answer.extensions.alma).toEqual({ calls: 0, reused: 0, oldest: null });
    expect(explainOf(answer)).toMatchObject({
      exact: true,
      calls: [],
      total: { expected: 0 },
      doubts: [],
      fromMemory: [
        { kind: "Unit", records: data.units.nodes.length },
        { kind: "Building", records: 1 },
      ],
      lists: [{ kind: "Unit" }],
      maintained: true,
    });
    expect(extensions.alma).toMatchObject({ calls: 0, reused: data.units.nodes.length + 1 });
    expect(asked()).toEqual([]);
  });

  test("is exact if no call depends on another: a named record that is too old", async () => {
    const { query } = await start();
    const text = "{ unit(ref: { almaId: 1 }) { number } }";
    await query(text);
    advance(31_000);
    const answer = await query(`query Q @explain ${text}`);
    expect(explainOf(answer)).toMatchObject({ exact: true, total: { expected: 1 } });
    expect(explainOf(answer).calls[0].records).toEqual(["Unit:1"]);
    expect(reasonsOf(answer)).toEqual([
      `1 Unit DETAIL. ${ONE}: read longer ago than the 30 s that a named record may have (MAX_AGE).`,
    ]);
    expect((await query(text)).extensions.alma.calls).toBe(1);
  });

  test("is not exact, and says why, if a record to read leads to others", async () => {
    const { query } = await start({}, { CATALOG: "on" });
    const text = "{ unit(ref: { almaId: 1 }) { building { address } } }";
    await query(text);
    advance(31_000);
    const answer = await query(`query Q @explain ${text}`);
    expect(explainOf(answer)).toMatchObject({
      exact: false,
      total: { expected: 2 },
      doubts: ["What Unit.building leads to is known only after the record is read."],
    });
  });

  test("says which field a filter needs, and which relation a reverse link needs", async () => {
    const { query } = await start();
    await query("{ units { nodes { name } } rooms { nodes { name } } }");
    const filtered = await query(
      'query Q @explain { units(filter: { goalRentCost: { gte: "1" } }) { totalCount } }',
    );
    expect(reasonsOf(filtered)).toEqual([
      "2 Unit DETAIL. Unit.goalRentCost, which no list shows, decides which records belong here and their order: never read.",
    ]);
    const linked = await query(
      "query Q @explain { building(ref: { almaId: 1001 }) { rooms { totalCount } } }",
    );
    expect(reasonsOf(linked)).toContainEqual(
      "2 Room DETAIL. Room.building, which no list shows, decides which records belong here and their order: never read.",
    );
  });

  test("gives as reasons a write, a change seen in a list, and current data", async () => {
    const { query, mutate, data } = await start();
    const explain = async (text: string, freshness = "") =>
      reasonsOf(await query(`query Q @explain ${freshness} { ${text} { number } }`));
    await query("{ rooms { nodes { number } } units { nodes { number } } }");
    await mutate("archiveUnit(ref: { almaId: 1 })", "unit { id }");
    const [room] = data.rooms.all();
    expect(await explain(`room(ref: { almaId: ${room?.id} })`)).toEqual([
      `1 Room DETAIL. ${ONE}: a write has ended since it was read.`,
    ]);
    data.units.change(2, { name: "Renamed" });
    await query("query Q @freshness(maxAge: 0) { units { nodes { name } } }");
    expect(await explain("unit(ref: { almaId: 2 })")).toEqual([
      `1 Unit DETAIL. ${ONE}: a list or another record has shown a change since it was read.`,
    ]);
    expect(await explain("unit(ref: { almaId: 1 })", "@freshness(maxAge: 0)")).toEqual([
      `1 Unit DETAIL. ${ONE}: read before this query, which requests current data (@freshness).`,
    ]);
  });

  test("mentions a lookup by Bitrix id once, however often the id is named", async () => {
    const { query } = await start();
    const answer = await query(
      'query Q @explain { a: unit(ref: { externalId: "u-1" }) { number } b: unit(ref: { externalId: "u-1" }) { name } }',
    );
    expect(explainOf(answer)).toMatchObject({ exact: false, total: { expected: 1 } });
    expect(reasonsOf(answer)).toEqual(["1 Unit LOOKUP. A Bitrix id leads to a record: never read."]);
  });

  test("leaves pending reads to the warm-up, and does not wait for them", async () => {
    const gateway = await startGateway({ size: 0, data: household, latency: 600_000 }, { CATALOG: "on" });
    onTestFinished(() => gateway.close());
    const answer = await gateway.query(
      'query Q @explain { units(filter: { status: { eq: "rented" } }) { totalCount } }',
    );
    expect(explainOf(answer)).toMatchObject({ exact: false, calls: [], maintained: true });
    expect(explainOf(answer).doubts.join()).toContain(
      "still reading all records of type Unit (0 of an unknown number so far)",
    );
  });

  test("fails like its query, if that needs too many calls", async () => {
    const { query, asked } = await start({}, { MAX_CALLS: "3" });
    await query("{ units { nodes { name } } rooms { nodes { name } } }");
    asked();
    const text = "{ units { nodes { number } } rooms { nodes { number } } }";
    const explained = await query(`query Q @explain ${text}`);
    const asking = await query(text);
    expect(asking.errors?.[0]?.extensions.code).toBe("CALL_BUDGET_EXCEEDED");
    expect(explained.errors).toEqual(asking.errors);
    expect(explainOf(explained)).toMatchObject({
      exact: false,
      doubts: ["The query ends with CALL_BUDGET_EXCEEDED, and makes no further calls."],
    });
    expect(asked()).toEqual([]);
  });
});

describe("an explanation with the data", () => {
  test("lists the calls that were made", async () => {
    const { query, asked } = await start();
    const answer = await query(
      "query Q @explain(data: true) { unit(ref: { almaId: 1 }) { name building { address } } }",
    );
    expect(answer.data.unit.name).toBe("101");
    expect(asked()).toEqual(["GET realty/units/1/", "GET realty/buildings/1001/"]);
    expect(explainOf(answer)).toMatchObject({ exact: true, total: { expected: 2 } });
    expect(reasonsOf(answer)).toEqual([
      `1 Unit DETAIL. ${ONE}: never read.`,
      `1 Building DETAIL. ${ONE}: never read.`,
    ]);
  });

  test("counts calls that were repeated", async () => {
    const { query, simulator } = await start();
    simulator.faults.add({ kind: "status", status: 503, times: 1 });
    const answer = await query("query Q @explain(data: true) { unit(ref: { almaId: 1 }) { name } }");
    expect(explainOf(answer).total.expected).toBe(2);
    expect(explainOf(answer).calls.at(-1)).toMatchObject({ kind: null, read: "OTHER", count: 1 });
  });
});

test("an explanation is checked as its query is: arguments, and no mutation is explained", async () => {
  const { query, asked } = await start();
  const wrong = await query("query Q @explain { units(first: -1) { totalCount } }");
  expect(wrong.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", argument: "first" });
  expect(wrong.extensions?.explain).toBeUndefined();
  const mutation = await query(
    "mutation M @explain { archiveUnit(ref: { almaId: 1 }) { userErrors { code } } }",
  );
  expect(mutation.errors?.[0]?.message).toContain('"@explain" may not be used on MUTATION');
  expect(asked()).toEqual([]);
});
