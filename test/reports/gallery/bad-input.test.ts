import { expect, test } from "vitest";
import { skipWaiting } from "../../support/clock.ts";
import { startGateway } from "../../support/gateway.ts";
import { has } from "../../support/has.ts";
import { startReports } from "../run/reports.ts";

const html = { accept: "text/html" };

/** A page's error for a parameter, the value in its field, and whether it has rows. */
function readPage(text: string, parameter: string) {
  const [field = ""] = new RegExp(`<(?:input|select) id="parameter-${parameter}"[^>]*>`).exec(text) ?? [];
  const [, value = ""] = /value="([^"]*)"/.exec(field) ?? [];
  const [, fault = ""] = /class="fault">([^<]*)</.exec(text) ?? [];
  return {
    value,
    fault,
    isMarked: field.includes('aria-invalid="true"'),
    hasRows: /id="result"|No rows/.test(text),
  };
}

test("invalid input stays in the form, with advice at its field", async () => {
  const { get, simulator } = await startReports(undefined, { CURRENCY: "AED" }, { size: 1 });
  simulator.data.buildings.insert({ name: "Gate" });
  const cases = [
    ["rent-roll", "on", "31.3.2026", /^Cannot be .*Write a day as YYYY-MM-DD, or today/],
    ["rent-roll", "on", "2026-02-31", /is not a day of the calendar, written YYYY-MM-DD/],
    ["vacancies", "building", "Nowhere", /^Is .*no such name\. Write another one, or an id/],
    ["ends", "building", "999999", /^Alma has no Building 999999\. Name another\.$/],
    [
      "occupancy",
      "building",
      "bitrix:nobody",
      /^Alma has no Building with the Bitrix id .*nobody.*Name another\.$/,
    ],
    ["income", "building", "a", /^Several have this name: choose one below\.$/],
    ["owner-statement", "owner", "e", /^Several have this name: choose one below\.$/],
    ["income", "to", "2000-01-01", /^Is 2000-01-01, which is before .* Write a later day\.$/],
    ["rent-roll", "_asOf", "today+1d", /^Is .*Write a day that is not in the future, such as 2026-10-31/],
    ["occupancy", "unit", "FORTNIGHT", /^Cannot be .*Write one of DAY, WEEK, MONTH, QUARTER, YEAR\.$/],
  ] as const;
  for (const [report, parameter, written, said] of cases) {
    const address = `${report}?${parameter}=${encodeURIComponent(written)}`;
    const page = await get(address, html);
    const { value, fault, isMarked, hasRows } = readPage(page.text, parameter);
    expect([page.status, isMarked, hasRows], address).toEqual([400, true, false]);
    expect(fault, address).toMatch(said);
    if (parameter !== "unit") expect(value).toBe(written);
    // The page uses the parameter's title instead of its name.
    expect(page.text).not.toMatch(/filter\.|\bon \(|building \(|over:/);
    const file = await get(address.replace("?", ".csv?"));
    expect([file.status, file.headers.get("content-type")]).toEqual([400, "text/plain; charset=utf-8"]);
    expect(file.text).toMatch(/^BAD_USER_INPUT: .*\.\n$/);
  }
});

if (has("history"))
  test("reports an unknown day at its field, with since when data is known", async () => {
    const { get } = await startReports(undefined, { CURRENCY: "AED" }, { size: 1 });
    const page = await get("rent-roll?_compare=2001-01-01", html);
    const { value, fault, isMarked, hasRows } = readPage(page.text, "_compare");
    expect([page.status, value, isMarked, hasRows]).toEqual([404, "2001-01-01", true, false]);
    expect(fault).toMatch(
      /^The gateway does not know how it was then\. It is known since 20.* Take a later day, once it is over\.$/,
    );
    expect(page.text).toContain("Show it as it is now");
  });

test("an unreadable report is no table, neither while the catalog is young nor while Alma is down", async () => {
  const young = await startGateway({ latency: 60_000 }, { CATALOG: "on", REPORTS: "" });
  const down = await startGateway({}, { REPORTS: "" });
  down.simulator.faults.add({ kind: "status", status: 503 });
  for (const { address } of [young, down]) {
    const ask = (path: string, headers = {}) => skipWaiting(fetch(`${address}/reports/${path}`, { headers }));
    const page = await ask("rent-roll?on=2026-01-31", html);
    const { value, hasRows } = readPage(await page.text(), "on");
    expect([page.status >= 500, value, hasRows]).toEqual([true, "2026-01-31", false]);
    const file = await ask("rent-roll.csv?on=2026-01-31");
    const text = await file.text();
    expect([file.status >= 500, file.headers.get("content-type")]).toEqual([
      true,
      "text/plain; charset=utf-8",
    ]);
    expect(text).toMatch(/^[A-Z_]+: .+\.\n$/);
    expect(file.headers.get("content-disposition")).toBeNull();
  }
  await skipWaiting(Promise.all([young.close(), down.close()]));
});
