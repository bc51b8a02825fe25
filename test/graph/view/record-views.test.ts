import { expect, onTestFinished, test, vi } from "vitest";
import { type ChangeWatcher, type Kind, SUMMARY } from "../../../src/catalog/index.ts";
import { CachedRecord } from "../../../src/catalog/record/cached-record.ts";
import type { RecordLoader } from "../../../src/graph/view/record-view.ts";
import { RecordViews } from "../../../src/graph/view/record-views.ts";
import { startGateway } from "../../support/gateway.ts";

const size = { buildings: 3, units: 300, rooms: 100, clients: 20, ownerContracts: 20, tenantContracts: 20 };
const times = { MAX_AGE: "86400", ALMA_TIMEOUT: "600", DEADLINE: "3600", CPU_BUDGET: "3600" };

/** A gateway that makes each answer anew, and keeps texts. */
async function start(env: Record<string, string> = {}) {
  const gateway = await startGateway({ size }, { ...times, KEPT_ANSWERS: "0", ...env });
  onTestFinished(() => gateway.close());
  onTestFinished(() => void vi.restoreAllMocks());
  return gateway;
}

test.each([
  ["{ units(first: 300) { totalCount } }"],
  ["{ units(first: 300) { nodes { id } } }"],
  [
    "{ units(first: 300) { nodes { name } edges { node { number } } } rooms { nodes { parentUnit { id } } } }",
  ],
  ["{ tenantContracts { nodes { client { firstName } rentalObject { __typename } } } }"],
  [
    "{ units(first: 300) { nodes { name building { name } } } buildings { nodes { name units(first: 2) { nodes { name } } } } }",
  ],
])("the count of records is that of an answer without texts: %s", async (text) => {
  const gateways = await Promise.all([start(), start({ KEPT_TEXTS: "0" })]);
  const counts = await Promise.all(
    gateways.map(async ({ query }) => {
      const asked: unknown[] = [];
      for (let count = 0; count < 4; count++) asked.push((await query(text)).extensions.alma.reused);
      return asked;
    }),
  );
  expect(counts[0]).toEqual(counts[1]);
  expect(counts[0]?.at(-1)).toBeGreaterThan(0);
});

/** The views of an operation that began at 100, without a gateway around it. */
function viewsAlone() {
  const noted: number[] = [];
  const operation = {
    startedAt: 100,
    explanation: undefined,
    cutoffOf: (kind: Kind, cutoff: number) => (kind === "unit" ? Math.max(cutoff, 80) : cutoff),
    noteReading: (at: number) => void noted.push(at),
    noteDetails() {},
    basis: { noteRecord() {} },
  } as unknown as RecordLoader["operation"];
  const watchers = new Set<ChangeWatcher<CachedRecord>>();
  return { views: new RecordViews({ operation, load: async () => undefined }, watchers), watchers, noted };
}

let lastSlot = 0;

function known(kind: Kind, at: number) {
  const record = new CachedRecord(kind, 1, kind);
  record.applySummary({ name: "n" }, undefined, at);
  return Object.assign(record, { version: 7, slot: ++lastSlot });
}

test("what its kind asks to be younger is shown through a view, which passes that on", () => {
  const { views, noted } = viewsAlone();
  expect(views.show(known("building", 60), 7, SUMMARY, 50)).toBe(true);
  expect(noted).toEqual([60]);
  expect(views.show(known("building", 40), 7, SUMMARY, 50)).toBe(false);
  expect(views.show(known("building", 60), 6, SUMMARY, 50)).toBe(false);
  expect(views.show(known("unit", 90), 7, SUMMARY, 50)).toBe(false);
  const unit = views.of(known("unit", 90), 50);
  expect(unit.cutoff).toBe(80);
  expect(unit.show(SUMMARY, [])).toBe(false);
});

test("a record was read before the operation if it was when it was shown, even if its list is read again", () => {
  const { views } = viewsAlone();
  const [read, readMeanwhile, none] = [known("building", 60), known("building", 110), known("unit", 60)];
  for (const record of [read, readMeanwhile]) views.show(record, 7, SUMMARY, 50);
  views.ofPage([read, none], 50, () => SUMMARY);
  read.repeatSummary(120);
  expect([views.countReadBefore(), views.countKnown()]).toEqual([2, 3]);
});

test("a change makes a view of what the answer shows, or is to show, and of nothing else", () => {
  const { views } = viewsAlone();
  const [shown, paged, other] = [known("building", 60), known("building", 60), known("building", 60)];
  views.show(shown, 7, SUMMARY, 50);
  const rows = views.ofPage([paged], 50, () => SUMMARY);
  for (const record of [shown, paged, other]) {
    views.beforeChange(record);
    record.applySummary({ name: "new" }, undefined, 120);
    record.version++;
  }
  expect(views.countKnown()).toBe(2);
  expect(rows.at(0).value).toEqual({ name: "n" });
  expect(views.of(shown, 50).value).toEqual({ name: "n" });
  expect(views.of(other, 50).value).toEqual({ name: "new" });
});

test("what goes on after the answer has ended does not watch for changes", () => {
  const { views, watchers } = viewsAlone();
  views.ofPage([], 50, () => SUMMARY);
  expect(watchers.size).toBe(0);
  views.show(known("building", 60), 7, SUMMARY, 50);
  expect(watchers.size).toBe(1);
  views.end();
  views.show(known("building", 60), 7, SUMMARY, 50);
  views.ofPage([known("building", 60)], 50, () => SUMMARY);
  expect(watchers.size).toBe(0);
});

test("a record in two lists of which nothing is shown counts once", async () => {
  const { query } = await start();
  await query("{ units { nodes { name } } }");
  const { extensions } = await query(
    "{ a: units(first: 300) { totalCount } b: units(first: 300) { totalCount } }",
  );
  expect(extensions.alma.reused).toBe(300);
});
