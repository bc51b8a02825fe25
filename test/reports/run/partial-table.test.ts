import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { skipWaiting } from "../../support/clock.ts";
import { hasPython, readWorkbook } from "../../support/python.ts";
import { startReports } from "./reports.ts";

const unit = { project: 207, external_id: "" };
const data = {
  projects: [{ id: 207, name: "Dubai" }],
  buildings: [101, 102].map((id) => ({ id, name: `Tower ${id}`, address: `Road ${id}`, project: 207 })),
  units: [
    { ...unit, id: 1, building: 101, name: "One", goal_rent_cost: 10 },
    { ...unit, id: 2, building: 102, name: "Two", goal_rent_cost: 20 },
    { ...unit, id: 3, building: 101, name: "Three", goal_rent_cost: 30 },
  ],
};
const units = `# title: Units
# rows: units.nodes
# columns: { goalRentCost: { total: sum } }
query Units { units(orderBy: [{ field: NAME }]) { nodes { name goalRentCost building { name address } } } }`;
const rooms = `# title: Rooms of buildings
# rows: buildings.nodes
# expand: units.nodes
query Rooms { buildings(orderBy: [{ field: NAME }]) { nodes { name units(orderBy: [{ field: NAME }]) { nodes { name goalRentCost } } } } }`;

/** A gateway whose Alma answers requests with this path suffix with 500. */
async function startBroken(...paths: readonly string[]) {
  const gateway = await startReports({ units, rooms }, { CATALOG: "off" }, { size: 0, data });
  gateway.simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ path }) => paths.some((end) => path.endsWith(end)),
  });
  const get: typeof gateway.get = (...asked) => skipWaiting(gateway.get(...asked));
  return { ...gateway, get };
}

test("a report with an unreadable value is a 502 and a sentence, in every format", async () => {
  const { get } = await startBroken("/units/2/");
  for (const format of ["csv", "xlsx", "json", "ndjson", "parquet"]) {
    const { status, text, headers } = await get(`units.${format}`);
    expect(status).toBe(502);
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(headers.get("content-disposition")).toBeNull();
    expect(text).toMatch(
      /^ALMA_\w+: This table would be incomplete, so it was not returned\..*units\.nodes\.2\..*_partial=1/s,
    );
  }
});

test("a query with an unreadable value is refused as CSV, and answered as JSON", async () => {
  const { ask } = await startBroken("/units/2/");
  const query = "{ units(orderBy: [{ field: NAME }]) { nodes { name goalRentCost } } }";
  const { status, text } = await skipWaiting(ask(query, "text/csv"));
  expect(status).toBe(502);
  const { message } = JSON.parse(text).errors[0];
  expect(message).toMatch(/^This table would be incomplete.*units\.nodes\.2\..* or ask for JSON/s);
  expect(message).not.toContain("_partial");
  const json = JSON.parse((await skipWaiting(ask(query, "application/json"))).text);
  expect(json.data.units.nodes).toHaveLength(3);
  expect(json.errors).not.toHaveLength(0);
});

test("with _partial=1 it has #N/A for unreadable values, and says so in its name and a header", async () => {
  const { get } = await startBroken("/units/2/", "/buildings/101/");
  const { status, text, headers } = await get("units.csv?_partial=1&_bom=0");
  expect(status).toBe(200);
  expect(text.split("\r\n")).toEqual([
    "name,goalRentCost,building.name,building.address",
    "One,10.00,Tower 101,#N/A",
    "Three,30.00,Tower 101,#N/A",
    "Two,#N/A,#N/A,#N/A",
    "",
  ]);
  expect(headers.get("content-disposition")).toMatch(/filename="units-INCOMPLETE\.csv".*-INCOMPLETE\.csv$/);
  expect(headers.get("x-alma-incomplete")).toMatch(/^values=\d+, lists=0$/);
});

test.skipIf(!hasPython)(
  "with _partial=1 a workbook has error cells, and their number on its second sheet",
  async () => {
    const { get } = await startBroken("/units/2/");
    const { bytes, headers } = await get("units.xlsx?_partial=1");
    const { sheets } = readWorkbook(bytes);
    expect(sheets[0]?.[3]?.map(([, kind, , value]) => [kind, value])).toEqual([
      ["inlineStr", "Two"],
      ["e", "#N/A"],
      ["e", "#N/A"],
      ["e", "#N/A"],
    ]);
    const about = Object.fromEntries((sheets[1] ?? []).map(([label, value]) => [label?.[3], value?.[3]]));
    expect(about.Complete).toMatch(/^no/);
    expect(`values=${about["Unreadable values (#N/A)"]}, lists=${about["Lists that may lack records"]}`).toBe(
      headers.get("x-alma-incomplete"),
    );
    expect(about["Total of goalRentCost"]).toBe("40.00");
  },
);

test("with _partial=1 unreadable values are null in Parquet, and #N/A in JSON", async () => {
  const { get } = await startBroken("/units/2/");
  const { bytes } = await get("units.parquet?_partial=1");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  expect((await parquetReadObjects({ file }))[2]).toEqual({
    name: "Two",
    goalRentCost: null,
    "building.name": null,
    "building.address": null,
  });
  const objects = JSON.parse((await get("units.json?_partial=1")).text);
  expect(objects[2]).toMatchObject({ name: "Two", goalRentCost: "#N/A" });
});

test("possibly missing rows are counted separately, and only the cells of the failed item are unreadable", async () => {
  const { get } = await startBroken("/units/2/");
  expect((await get("rooms.csv")).status).toBe(502);
  const { text, headers } = await get("rooms.csv?_partial=1&_bom=0&_header=0");
  // The parent of unit 2 is unknown: one of the lists may lack it.
  expect(text.trimEnd().split("\r\n")).toEqual([
    "Tower 101,One,10.00",
    "Tower 101,Three,30.00",
    "Tower 102,,",
  ]);
  expect(headers.get("x-alma-incomplete")).toBe("values=0, lists=1");
});

test("a report without its list fails, whatever is accepted", async () => {
  const { get } = await startBroken("/units/");
  for (const query of ["", "?_partial=1"]) {
    const { status, text } = await get(`units.csv${query}`);
    expect([502, 503]).toContain(status);
    expect(text).toMatch(/^ALMA_\w+: /);
    expect(text).not.toContain("_partial");
  }
});

test("the ETag of an incomplete report differs from that of the complete one", async () => {
  const gateway = await startBroken("/units/2/");
  const partial = await gateway.get("units.csv?_partial=1");
  const fault = gateway.simulator.faults;
  fault.clear();
  const whole = await gateway.get("units.csv?_partial=1&_maxAge=0", {
    "if-none-match": partial.headers.get("etag") ?? "",
  });
  expect(whole.status).toBe(200);
  expect(whole.text).not.toContain("#N/A");
  expect(whole.headers.get("x-alma-incomplete")).toBeNull();
});

test("while the catalog is filled, and Alma does not answer, the failure says when to retry", async () => {
  const gateway = await startReports({ units }, { CATALOG: "off", MAX_CALLS: "1" }, { size: 0, data });
  const { status, text } = await gateway.get("units.csv");
  expect(status).toBe(503);
  expect(text).toMatch(/^CALL_BUDGET_EXCEEDED: .*MAX_CALLS/);
});
