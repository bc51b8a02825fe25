import { expect, test } from "vitest";
import type { ReportColumn } from "../../../src/capabilities/reports/definition/columns.ts";
import { yearBefore } from "../../../src/capabilities/reports/definition/parse-day.ts";
import { createDerive } from "../../../src/capabilities/reports/run/derived-cells.ts";
import { type SheetRow, UNREADABLE } from "../../../src/capabilities/reports/sheet/table.ts";
import { startReports } from "../run/reports.ts";

const column = (
  name: string,
  type: ReportColumn["type"],
  derived?: ReportColumn["derived"],
): ReportColumn => ({
  path: [name],
  title: name,
  type,
  derived,
});

test("a column of words maps each value of another to a text", () => {
  const words = { kind: "words", of: ["code"], texts: { A: "Do this.", B: "Do that." } } as const;
  const derive = createDerive([column("code", "text"), column("advice", "text", words)], {}, undefined);
  expect(["A", "B", "C", null].map((code) => derive?.([code, null])[1])).toEqual([
    "Do this.",
    "Do that.",
    null,
    null,
  ]);
});

test.each([
  ["2025-12-31", "2025-12-01", "30", null],
  ["2025-11-30", "2025-12-01", "-1", null],
  ["100.10", "99.9", "0.20", "0.2"],
  ["-1", "2.5", "-3.5", "-140.0"],
  ["3", "-2", "5", null],
  ["5", "0", "5", null],
  ["5", null, null, null],
  [UNREADABLE, "1", UNREADABLE, UNREADABLE],
] as const)("%s and %s differ by %s, and that is %s percent", (one, other, difference, change) => {
  const type = String(one).startsWith("20") ? "date" : "decimal";
  const columns = [
    column("a", type),
    column("b", type),
    column("d", "decimal", { kind: "difference", of: ["a", "b"] }),
    ...(type === "date" ? [] : [column("c", "decimal", { kind: "change", of: ["a", "b"] })]),
  ];
  const row: SheetRow = [one, other, ...columns.slice(2).map(() => null)];
  const [, , found = null, percent = null] = createDerive(columns, {}, undefined)?.(row) ?? [];
  expect([typeof found === "number" ? String(found) : found, percent]).toEqual([difference, change]);
});

test("a year before the last day of a month is the last day of that month", () => {
  expect(["2024-02-29", "2025-02-28", "2024-02-28", "2025-01-15", "2026-12-31"].map(yearBefore)).toEqual([
    "2023-02-28",
    "2024-02-29",
    "2023-02-28",
    "2024-01-15",
    "2025-12-31",
  ]);
});

test("a rent roll has the days left of a contract, and the distance of its rent from the goal", async () => {
  const { get } = await startReports(undefined, { PRICE_PERIOD: "month" });
  const rows = JSON.parse((await get("rent-roll.json")).text) as Record<string, string | number | null>[];
  const today = new Date().toISOString().slice(0, 10);
  const let_ = rows.filter((row) => row.Contract !== null);
  expect(let_.length).toBeGreaterThan(0);
  for (const row of let_) {
    const days = (Date.parse(String(row.To)) - Date.parse(today)) / 86_400_000;
    // The date in the portfolio's time zone may differ.
    expect(Math.abs(Number(row["Days to the end"]) - days)).toBeLessThanOrEqual(1);
    const gap = Math.round((Number(row["Rent a month"]) - Number(row["Target rent"])) * 100) / 100;
    expect(row["Above target rent"]).toBe(gap);
  }
  expect(rows.filter((row) => row.Vacant).map((row) => row["Days to the end"])).toEqual(
    rows.filter((row) => row.Vacant).map(() => null),
  );
});

test("income is shown with that of the same days a year before", async () => {
  const { get, asked } = await startReports(undefined, { PRICE_PERIOD: "month" }, { size: 1 });
  type Income = Record<string, string | number | null>;
  const incomeOf = async (from: string, to: string) =>
    JSON.parse((await get(`income.json?from=${from}&to=${to}`)).text) as Income[];
  const year = new Date().getFullYear();
  const rows = await incomeOf(`${year}-01-10`, `${year}-03-31`);
  const before = await incomeOf(`${year - 1}-01-10`, `${year - 1}-03-31`);
  const keyOf = ({ Period, Building }: Income, years: number) =>
    `${Number(String(Period).slice(0, 4)) + years}${String(Period).slice(4)} ${Building}`;
  const rents = new Map(before.map((row) => [keyOf(row, 1), row["Agreed rent"]]));
  let compared = 0;
  for (const row of rows) {
    const rent = rents.get(keyOf(row, 0)) ?? null;
    expect(row["A year before"]).toBe(rent);
    if (rent === null || rent === 0 || row["Agreed rent"] === null) continue;
    compared += 1;
    const change = ((Number(row["Agreed rent"]) - Number(rent)) / Number(rent)) * 100;
    expect(Math.abs(Number(row["Change, %"]) - change)).toBeLessThanOrEqual(0.051);
  }
  expect(compared).toBeGreaterThan(5);
  // All rows together have changed by as much as the sums, including buildings without a previous year.
  const page = (await get(`income?from=${year}-01-10&to=${year}-03-31`)).text;
  const sum = (title: string) =>
    rows.reduce((total, row) => total + Math.round(Number(row[title] ?? 0) * 1e6), 0);
  const whole = (sum("Agreed rent") / sum("A year before") - 1) * 100;
  const [, written = ""] = /<dt>Change, %<\/dt><dd>([^<]+)</.exec(page) ?? [];
  expect(Math.abs(Number(written.replace("−", "-")) - whole)).toBeLessThanOrEqual(0.051);
  expect(asked()).toEqual([]);
  const file = await get("income.csv");
  const again = await get("income.csv", { "if-none-match": file.headers.get("etag") ?? "" });
  expect([file.status, again.status]).toEqual([200, 304]);
});

test.each([
  ["{ gap: { difference: [name, goalRentCost] } }", /computed from name and goalRentCost/],
  ["{ goalRentCost: { difference: [goalRentCost, goalRentCost] } }", /query has one of that name/],
  ["{ gap: { difference: [$on, $on] } }", /must be columns of numbers, or of days/],
])("columns %s are refused with a sentence", async (columns, fault) => {
  const units = `# title: Units\n# rows: units.nodes\n# columns: ${columns}\nquery Q { units { nodes { name goalRentCost } } }`;
  const { get } = await startReports({ units });
  expect((await get("units.csv")).text).toMatch(fault);
});
