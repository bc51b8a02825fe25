import { expect, test } from "vitest";
import { startReports } from "./reports.ts";

type Row = Record<string, string | number | null>;

/** Amounts are added in hundredths. */
const sumOf = (rows: readonly Row[], title: string) =>
  rows.reduce((sum, row) => sum + Math.round(Number(row[title]) * 100), 0);

test("lists who moved, renewed, or pays for other days, in a row for each tenant of a unit or room", async () => {
  const rental = { project: 207, external_id: "" };
  const contract = (
    id: number,
    unit: number,
    client: number,
    start: string,
    end: string,
    price: string | null,
  ) => ({
    id,
    unit_id: unit,
    client_id: client,
    start_date: start,
    end_date: end,
    price,
    number: `C${id}`,
    external_id: "",
    is_archived: false,
  });
  const data = {
    projects: [{ id: 207, name: "Dubai" }],
    buildings: [{ id: 101, name: "Tower", address: "", project: 207 }],
    units: Array.from({ length: 9 }, (_, index) => ({
      ...rental,
      id: index + 1,
      building: 101,
      name: `Unit ${index + 1}`,
    })),
    clients: Array.from({ length: 9 }, (_, index) => ({
      id: index + 1,
      first_name: "Client",
      last_name: String(index + 1),
      external_id: "",
    })),
    tenantContracts: [
      contract(1, 1, 1, "2026-10-01", "2026-10-31", "3100"),
      contract(2, 2, 2, "2026-11-01", "2027-10-31", "3000"),
      contract(3, 3, 3, "2025-11-01", "2026-10-31", "1000"),
      contract(4, 3, 3, "2026-11-01", "2027-10-31", "1100.10"),
      contract(5, 4, 4, "2025-11-11", "2026-11-10", "900"),
      contract(6, 4, 4, "2026-11-12", "2027-10-31", "900"),
      contract(7, 5, 5, "2026-10-30", "2027-10-31", "3100"),
      contract(8, 6, 6, "2026-01-01", "2026-11-15", "600"),
      contract(9, 7, 7, "2026-01-01", "2026-12-31", "500"),
      // Two consecutive tenants of one unit.
      contract(10, 8, 8, "2026-01-01", "2026-10-31", "700"),
      contract(11, 8, 9, "2026-11-01", "2026-12-31", "700"),
      contract(12, 9, 9, "2026-01-01", "2026-12-31", null),
    ],
  };
  const { get } = await startReports(undefined, { PRICE_PERIOD: "month" }, { size: 0, data });
  const asked = "from=2026-10-01&until=2026-10-31&nowFrom=2026-11-01&nowUntil=2026-11-30";
  const rows = JSON.parse((await get(`rent-changes.json?${asked}`)).text) as Row[];
  expect(rows.map((row) => [row["Unit or room"], row["Last name"], row["What changed"], row.Change])).toEqual(
    [
      ["Unit 1", "1", "Moved out", -3100],
      ["Unit 2", "2", "Moved in", 3000],
      ["Unit 3", "3", "Renewed for another rent", 100.1],
      ["Unit 4", "4", "Renewed", -30],
      ["Unit 5", "5", "More days", 2900],
      ["Unit 6", "6", "Fewer days", -300],
      ["Unit 8", "8", "Moved out", -700],
      ["Unit 8", "9", "Moved in", 700],
    ],
  );
  // A renewal shows the following contract.
  expect(rows[2]).toMatchObject({ Contract: "C4", Before: 1000, Now: 1100.1 });
  const page = await get(`rent-changes?${asked}`, { accept: "text/html" });
  expect(page.status).toBe(200);
  expect(page.text).toContain("Renewed for another rent");
});

test.each(["month", "year", "contract"])(
  "changes add up to the difference of the agreed rent, with prices by the %s",
  async (period) => {
    const { get } = await startReports(undefined, { PRICE_PERIOD: period }, { size: 1 });
    const rowsOf = async (file: string) => JSON.parse((await get(file)).text) as Row[];
    const year = new Date().getFullYear();
    const months = [
      [`${year - 1}-12-01`, `${year - 1}-12-31`],
      [`${year}-01-01`, `${year}-01-31`],
      [`${year}-02-01`, `${year}-02-28`],
    ];
    for (const [index, [nowFrom, nowUntil]] of months.slice(1).entries()) {
      const [from, until] = months[index] ?? [];
      const rows = await rowsOf(
        `rent-changes.json?from=${from}&until=${until}&nowFrom=${nowFrom}&nowUntil=${nowUntil}`,
      );
      const before = sumOf(await rowsOf(`income.json?from=${from}&to=${until}`), "Agreed rent");
      const now = sumOf(await rowsOf(`income.json?from=${nowFrom}&to=${nowUntil}`), "Agreed rent");
      expect(rows.length).toBeGreaterThan(3);
      expect(sumOf(rows, "Change")).toBe(now - before);
    }
  },
);

test("is an empty file without changes, with NDJSON and JSON that a parser accepts", async () => {
  const { get } = await startReports(undefined, { PRICE_PERIOD: "month" });
  const query = "from=1990-01-01&until=1990-01-31&nowFrom=1990-02-01&nowUntil=1990-02-28";
  expect((await get(`rent-changes.ndjson?${query}`)).text).toBe("");
  expect(JSON.parse((await get(`rent-changes.json?${query}`)).text)).toEqual([]);
});
