import { afterEach, expect, test, vi } from "vitest";
import type { Catalog } from "../../../src/catalog/index.ts";
import { DETAIL, SUMMARY } from "../../../src/catalog/index.ts";
import { warmCatalog } from "../paper-catalog.ts";

const MAX_AGE = 300_000;
const HOUR = 3_600;
const RECORDS = 40;
const pace = { refreshRate: 5, catalogMaxAge: MAX_AGE, refresh: "demand", almaConcurrency: 8 } as const;

afterEach(() => vi.useRealTimers());

/** Asks what belongs to a connection of units by their details, and for how long its readings had been made. */
async function askForUnits(catalog: Catalog, now: () => number) {
  const operation = catalog.beginOperation("asking");
  const asked = Promise.resolve(catalog.findMembers(operation, { kind: "unit", needsDetails: true }));
  const { records, asOf } = await asked;
  return {
    ages: records.map((record) => now() - record.asOf(DETAIL)),
    age: now() - asOf,
    calls: operation.calls,
  };
}

const detailsOf = (calls: readonly string[]) => calls.filter((call) => /^(unit|room) /.test(call));

test("in an hour in which nobody asks, only lists are read", async () => {
  const { paper, pass, stop } = await warmCatalog(pace, RECORDS);
  const before = paper.calls.length;
  await pass(HOUR);
  const calls = paper.calls.slice(before);
  expect(detailsOf(calls)).toEqual([]);
  // Two of the six lists are on paper, each read every 30 s.
  expect(calls.length).toBeGreaterThan(230);
  expect(calls.length).toBeLessThanOrEqual(2 * 121);
  await stop();
});

test("the first question waits until all that is too old has been read again, with calls of the warm-up", async () => {
  const { paper, catalog, clock, pass, oldestAge, stop } = await warmCatalog(pace, RECORDS);
  await pass(1_000);
  expect(oldestAge()).toBeGreaterThan(MAX_AGE);
  const before = paper.calls.length;
  const { ages, age, calls } = await askForUnits(catalog, clock);
  expect(ages).toHaveLength(RECORDS);
  expect(Math.max(...ages, age)).toBeLessThan(MAX_AGE);
  expect(calls).toBe(0);
  expect(detailsOf(paper.calls.slice(before))).toHaveLength(RECORDS);
  expect(catalog.progress().warm).toBe(true);
  await stop();
});

test("for an hour after a question, details are kept young, and questions wait for nothing", async () => {
  const { paper, catalog, clock, pass, oldestAge, stop } = await warmCatalog(pace, RECORDS);
  await pass(1_000);
  await askForUnits(catalog, clock);
  for (let minute = 0; minute < 58; minute++) {
    await pass(60);
    expect(oldestAge()).toBeLessThan(MAX_AGE);
  }
  const operation = catalog.beginOperation("asking");
  expect(catalog.findMembers(operation, { kind: "unit", needsDetails: true })).not.toBeInstanceOf(Promise);
  await pass(HOUR);
  const before = paper.calls.length;
  await pass(HOUR / 2);
  expect(detailsOf(paper.calls.slice(before))).toEqual([]);
  expect(oldestAge()).toBeGreaterThan(MAX_AGE);
  await stop();
});

test("a question within the maximum age of a kind at rest waits for nothing", async () => {
  const { paper, catalog, pass, stop } = await warmCatalog(pace, RECORDS);
  await pass(200);
  const before = detailsOf(paper.calls).length;
  const operation = catalog.beginOperation("asking");
  expect(catalog.findMembers(operation, { kind: "unit", needsDetails: true })).not.toBeInstanceOf(Promise);
  expect(detailsOf(paper.calls)).toHaveLength(before);
  await stop();
});

test("a single record that a connection shows is read alone, and its kind is asked for from then on", async () => {
  const { catalog, clock, pass, oldestAge, stop } = await warmCatalog(pace, RECORDS);
  await pass(1_000);
  const operation = catalog.beginOperation("asking");
  const record = catalog.store.tables.unit.listed[0];
  if (!record) throw new Error("There is no unit.");
  const cutoff = operation.cutoffOf(record, operation.connectionCutoff);
  expect(operation.cutoffOf(record, operation.namedCutoff)).toBe(operation.namedCutoff);
  await catalog.load(operation, [{ record, level: DETAIL, cutoff }]);
  expect(clock() - record.asOf(DETAIL)).toBeLessThan(MAX_AGE);
  await pass(100);
  expect(oldestAge()).toBeLessThan(MAX_AGE);
  await stop();
});

test("questions for lists alone ask for no details", async () => {
  const { paper, catalog, pass, stop } = await warmCatalog(pace, RECORDS);
  await pass(1_000);
  const before = detailsOf(paper.calls).length;
  const operation = catalog.beginOperation("asking");
  const { records } = await catalog.findMembers(operation, { kind: "unit", needsDetails: false });
  expect(records.every((record) => record.asOf(SUMMARY) > 0)).toBe(true);
  await pass(100);
  expect(detailsOf(paper.calls)).toHaveLength(before);
  await stop();
});

test("an answer made while a kind was kept stands no longer once the kind rests", async () => {
  const { catalog, clock, pass, stop } = await warmCatalog(pace, RECORDS);
  await askForUnits(catalog, clock);
  const operation = catalog.beginOperation("asking");
  catalog.findMembers(operation, { kind: "unit", needsDetails: true });
  await pass(60);
  expect(catalog.standingOf(operation.basis)).toBe("current");
  await pass(HOUR + 400);
  expect(catalog.standingOf(operation.basis)).toBe("outdated");
  await stop();
});

test("an answer that is given again keeps what it shows young", async () => {
  const { catalog, clock, pass, oldestAge, stop } = await warmCatalog(pace, RECORDS);
  await askForUnits(catalog, clock);
  const operation = catalog.beginOperation("asking");
  catalog.findMembers(operation, { kind: "unit", needsDetails: true });
  await pass(200);
  expect(catalog.standingOf(operation.basis)).toBe("current");
  await pass(HOUR - 100);
  expect(oldestAge()).toBeLessThan(MAX_AGE);
  await stop();
});
