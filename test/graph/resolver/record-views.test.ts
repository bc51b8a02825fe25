import { expect, onTestFinished, test, vi } from "vitest";
import { type Kind, SUMMARY } from "../../../src/catalog/index.ts";
import { CachedRecord } from "../../../src/catalog/record/cached-record.ts";
import { RecordViews } from "../../../src/graph/resolver/record-view.ts";
import { smallWorld } from "../../model/world.ts";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import { startGateway } from "../../support/gateway.ts";

const size = { buildings: 3, units: 300, rooms: 100, clients: 20, ownerContracts: 20, tenantContracts: 20 };
const times = { MAX_AGE: "86400", ALMA_TIMEOUT: "600", DEADLINE: "3600", CPU_BUDGET: "3600" };

/** A gateway without cached answers. */
async function start() {
  const gateway = await startGateway({ size }, { ...times, RESPONSE_CACHE_SIZE: "0" });
  onTestFinished(() => gateway.close());
  onTestFinished(() => void vi.restoreAllMocks());
  return gateway;
}

/** The distinct ids in an answer. */
function idsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [name, field] of Object.entries(value))
    if (name === "id") found.add(String(field));
    else idsIn(field, found);
  return found;
}

test.each([
  ["{ units(first: 300) { nodes { id } } }", 300],
  [
    "{ units(first: 300) { nodes { id name } edges { node { id number } } } rooms { nodes { id unit { id } } } }",
    350,
  ],
  ["{ tenantContracts { nodes { id client { id firstName } rentalObject { id __typename } } } }", 40],
  [
    "{ units(first: 300) { nodes { id building { id name } } } buildings { nodes { id units(first: 2) { nodes { id } } } } }",
    303,
  ],
])("each record that was known before counts once: %s", async (text, atLeast) => {
  const { query } = await start();
  let answer = await query(text);
  for (let count = 0; count < 2; count++) answer = await query(text);
  expect(answer.extensions.alma.reused).toBe(idsIn(answer.data).size);
  expect(answer.extensions.alma.reused).toBeGreaterThanOrEqual(atLeast);
});

test("a record in two lists of which nothing is shown counts once", async () => {
  const { query } = await start();
  await query("{ units { nodes { name } } }");
  const { extensions } = await query(
    "{ a: units(first: 300) { totalCount } b: units(first: 300) { totalCount } }",
  );
  expect(extensions.alma.reused).toBe(300);
});

/** The views of an operation that started at 100, without a gateway. */
function viewsAlone() {
  const operation = {
    cutoffOf: ({ kind }: CachedRecord, cutoff: number) => (kind === "unit" ? Math.max(cutoff, 80) : cutoff),
  };
  return new RecordViews({ operation, load: async () => undefined } as never);
}

function known(kind: Kind, at: number) {
  const record = new CachedRecord(kind, 1, kind);
  record.applySummary({ name: "n" }, undefined, at);
  return record;
}

test("a view passes on its kind's cut-off, and the strictest one of any place", () => {
  const views = viewsAlone();
  const [unit, building] = [known("unit", 90), known("building", 60)];
  expect(views.of(unit, 50).cutoff).toBe(80);
  expect(views.of(building, 50).cutoff).toBe(50);
  expect(views.of(building, 55)).toBe(views.of(building, 40));
  expect(views.of(building, 50).cutoff).toBe(55);
});

test("a record counts as read before the operation if it was when its view was created, even if its list is read again", () => {
  const views = viewsAlone();
  const [read, readMeanwhile, none] = [known("building", 60), known("building", 110), known("unit", 60)];
  views.ofPage([read, readMeanwhile, none], 50, () => SUMMARY);
  read.repeatSummary(120);
  expect([views.countReadBefore(100), views.countReadBefore(Number.POSITIVE_INFINITY)]).toEqual([2, 3]);
});

test("a page shows records as they were when it was made, and other places as the page does", () => {
  const views = viewsAlone();
  const [paged, other] = [known("building", 60), known("building", 60)];
  const [row] = views.ofPage([paged], 50, () => SUMMARY);
  for (const record of [paged, other]) record.applySummary({ name: "new" }, undefined, 120);
  expect(row?.value).toEqual({ name: "n" });
  expect(views.of(paged, 50)).toBe(row);
  expect(views.of(other, 50).value).toEqual({ name: "new" });
});

/** A gateway over an Alma with few records, and a function that sends a query and returns its calls too. */
async function startSmall() {
  const ages = { RESPONSE_CACHE_SIZE: "0", MAX_AGE: "100", CATALOG_MAX_AGE: "1000" };
  const { query, asked, simulator, close } = await startGateway({ size: 0, data: smallWorld(day) }, ages);
  onTestFinished(close);
  return {
    simulated: simulator.data,
    async ask(text: string) {
      const { data } = await query(text);
      return { data, asked: asked().sort() };
    },
  };
}

const unit = "unit(ref: { almaId: 1 }) { number }";

test.each([
  ["the object of a row", unit, "units { nodes { name building { name address } } }"],
  ["an object that a row leads to", unit, "rooms { nodes { name unit { name building { address } } } }"],
  [
    "an object that is shown where it is named",
    "room(ref: { almaId: 11 }) { name unit { number } }",
    "units { nodes { rooms { totalCount } building { address } } }",
  ],
])("records reached through %s are as fresh as where the query names that object", async (_, named, list) => {
  const { ask, simulated } = await startSmall();
  const text = `{ ${named} ${list} }`;
  for (let count = 0; count < 3; count++) await ask(text);
  advance(150_000);
  await ask(`{ ${named} }`);
  simulated.buildings.change(101, { address: "new" });
  const answer = await ask(text);
  expect(answer.asked).toEqual(["GET realty/buildings/101/"]);
  expect(JSON.stringify(answer.data)).toContain('"address":"new"');
});

test("a field of a list's row waits for the detail that the same list shows elsewhere", async () => {
  const { ask, simulated } = await startSmall();
  const text = "{ units { nodes { name } edges { node { name address } } } }";
  for (let count = 0; count < 3; count++) await ask(text);
  advance(600_000);
  await ask("query @freshness(maxAge: 0) { units { nodes { name } } }");
  advance(450_000);
  simulated.units.change(1, { name: "new", address: "new" });
  const { nodes, edges } = (await ask(text)).data.units;
  expect(nodes).toContainEqual({ name: "new" });
  expect(edges).toContainEqual({ node: { name: "new", address: "new" } });
});
