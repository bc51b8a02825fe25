import { afterEach, expect, test, vi } from "vitest";
import { listReports } from "../../src/capabilities/reports/definition/report.ts";
import { liveThrough, startWorld } from "../history/moments.ts";

const DAY = 24 * 3_600_000;

afterEach(() => void vi.useRealTimers());

async function start() {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-03-31T08:00:00Z") });
  const world = await startWorld({ REPORTS: "" });
  const gateway = await world.start();
  const get = (path: string) => fetch(`${gateway.address}/reports/${path}`, { headers: { accept: "*/*" } });
  return { world, gateway, get };
}

const pass = () => void vi.setSystemTime(Date.now() + DAY);
const rest = () => void vi.setSystemTime(Date.now() + 60_000);

test("every report of a past day has the rows that it had then, its relative days count from that day, and no call is made", async () => {
  const { world, gateway, get } = await start();
  await gateway.read();
  await gateway.read();
  const rows = async (query: string) => {
    const shown: [string, unknown][] = [];
    for (const name of listReports().keys()) {
      const response = await get(`${name}.json${query}`);
      shown.push([name, response.status === 200 ? await response.json() : await response.text()]);
    }
    return shown;
  };
  const shadow = await rows("");
  expect(shadow.filter(([, shown]) => Array.isArray(shown) && shown.length > 0).length).toBeGreaterThan(5);
  rest();
  await liveThrough(world, gateway, { seed: 5, steps: 3, pass, rest });
  world.simulator.log.clear();
  expect(await rows("?_asOf=2026-03-31")).toEqual(shadow);
  expect(await rows("?_asOf=startOfMonth-1d")).toEqual(shadow);
  expect(world.simulator.log.entries).toEqual([]);
  expect(await rows("")).not.toEqual(shadow);
});

test("files show their day in their names and contents, as do the page, its form and its links", async () => {
  const { gateway, get } = await start();
  await gateway.read();
  await gateway.read();
  pass();
  for (const ending of ["csv", "xlsx", "parquet", "json"]) {
    const response = await get(`rent-roll.${ending}?_asOf=2026-03-31`);
    expect(response.status, ending).toBe(200);
    expect(response.headers.get("content-disposition")).toContain(
      `rent-roll-2026-03-31-as-of-2026-03-31.${ending}`,
    );
  }
  const page = await (await get("rent-roll?_asOf=2026-03-31")).text();
  expect(page).toContain("As known at the end of 31 Mar 2026");
  expect(page).toMatch(/<input[^>]*name="_asOf"[^>]*value="2026-03-31"/);
  expect(page).toContain("/reports/rent-roll.xlsx?_asOf=2026-03-31");
  expect(await (await get("rent-roll")).text()).not.toContain('id="past"');
});

test.each([
  ["_asOf=2026-05-01", "is not in the future"],
  ["_asOf=2026-02-30", "is not in the future"],
  ["_asOf=soon", "is not in the future"],
  ["_asOf=2026-03-31&_maxAge=0", "_maxAge for now"],
  ["_asOf=2026-03-31&_asOf=2026-03-30", "2 times"],
])("%s is refused in a sentence", async (query, sentence) => {
  const { get } = await start();
  const response = await get(`buildings.csv?${query}`);
  expect([response.status, (await response.text()).includes(sentence)]).toEqual([400, true]);
});

test("a day before anything was known is refused, with the first known day", async () => {
  const { gateway, get } = await start();
  await gateway.read();
  const response = await get("buildings.csv?_asOf=2026-03-01");
  expect(response.status).toBe(404);
  expect(await response.text()).toMatch(/known since 2026-03-31T/);
});
