import { expect, onTestFinished, test, vi } from "vitest";
import { type Kind, SUMMARY } from "../../../src/catalog/index.ts";
import { CachedRecord } from "../../../src/catalog/record/cached-record.ts";
import { FieldRun } from "../../../src/graph/kept-text/field-run.ts";
import { TURN_LENGTH } from "../../../src/graph/metering/turn.ts";
import type { RecordLoader } from "../../../src/graph/record/record-view.ts";
import { RecordViews } from "../../../src/graph/record/record-views.ts";
import { startGateway } from "../../support/gateway.ts";
import { slowDown } from "../../support/slow-clock.ts";

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
  ["plain rows", "nodes { almaId name }"],
  ["rows with another record", "nodes { name building { name address } }"],
  ["edges", "edges { node { name } }"],
])(
  "an answer from texts shows each record in one version, whatever happens in a turn of others: %s",
  async (_, rows) => {
    const { query } = await start();
    const text = `{ a: units(first: 300) { ${rows} } b: units(first: 300) { ${rows} } building(ref: { almaId: 1001 }) { name } }`;
    await query(text);
    const { data } = await query(text);
    const textOf = vi.spyOn(FieldRun.prototype, "textOf");
    slowDown(TURN_LENGTH / 10);
    const { pin } = RecordViews.prototype;
    const changed: CachedRecord[] = [];
    let isDue = true;
    vi.spyOn(RecordViews.prototype, "pin").mockImplementation(function (this: RecordViews) {
      pin.call(this);
      if (!isDue) return;
      isDue = false;
      for (const { record } of this.all()) {
        record.applySummary({ ...record.value, name: "changed" }, undefined, performance.now());
        changed.push(record);
      }
    });
    expect((await query(text)).data).toEqual(data);
    expect(textOf.mock.results.some(({ value }) => value !== undefined)).toBe(true);
    expect(changed.filter(({ value }) => value.name === "changed").length).toBeGreaterThanOrEqual(300);
  },
);

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

test("what its kind asks to be younger is shown through a view, which passes that on", () => {
  const noted: number[] = [];
  const operation = {
    startedAt: 100,
    explanation: undefined,
    cutoffOf: (kind: Kind, cutoff: number) => (kind === "unit" ? Math.max(cutoff, 80) : cutoff),
    noteReading: (at: number) => void noted.push(at),
    noteDetails() {},
    basis: { noteRecord() {} },
  } as unknown as RecordLoader["operation"];
  const views = new RecordViews({ operation, load: async () => undefined });
  const known = (kind: Kind, at: number) => {
    const record = new CachedRecord(kind, 1, kind);
    record.applyDetail({ name: "n" }, undefined, at);
    return Object.assign(record, { version: 7, slot: 0 });
  };
  views.isExecuting = true;
  expect(views.show(known("building", 60), 7, SUMMARY, 50)).toBe(true);
  expect(noted).toEqual([60]);
  expect(views.show(known("building", 40), 7, SUMMARY, 50)).toBe(false);
  expect(views.show(known("building", 60), 6, SUMMARY, 50)).toBe(false);
  expect(views.show(known("unit", 90), 7, SUMMARY, 50)).toBe(false);
  const unit = views.of(known("unit", 90), 50);
  expect(unit.cutoff).toBe(80);
  expect(unit.show(SUMMARY, [])).toBe(false);
  views.isExecuting = false;
  expect(views.show(known("building", 60), 7, SUMMARY, 50)).toBe(false);
});

test("a record in two lists of which nothing is shown counts once", async () => {
  const { query } = await start();
  await query("{ units { nodes { name } } }");
  const { extensions } = await query(
    "{ a: units(first: 300) { totalCount } b: units(first: 300) { totalCount } }",
  );
  expect(extensions.alma.reused).toBe(300);
});
