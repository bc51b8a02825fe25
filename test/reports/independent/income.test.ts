import { parquetReadObjects } from "hyparquet";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import { addBuilding, addTenantContract, addUnit } from "../../independent/alma/row.ts";
import { type TenantContractRow, World } from "../../independent/alma/world.ts";
import { stages } from "../../independent/gateway.ts";
import { lettingWorld } from "../../independent/letting-world.ts";
import { expectedIncome, PRICE_PERIOD, titles } from "./income-model.ts";
import { buildingIdOf, decimal, expectReport, file } from "./table-model.ts";

describe.each([
  [41, {}],
  [42, { ...contrary, listsArchived: true }],
])("the agreed rents of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 20);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD }, () => world);

  test("equal a count of every day, over any periods and in one building", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    const [building] = [...world.buildings.keys()];
    for (const unit of ["MONTH", "WEEK", "QUARTER"] as const) {
      const over = { from: "2026-01-20", to: "2026-05-17", unit };
      const query = `from=${over.from}&to=${over.to}&unit=${unit}`;
      await expectReport(address, "income", query, expectedIncome(world, over));
      await expectReport(
        address,
        "income",
        `${query}&building=${building}`,
        expectedIncome(world, over, { only: building }),
      );
    }
  });

  test("cover the twelve months until the end of this one by default, on 17 May", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 4, 17, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    const over = { from: "2025-06-01", to: "2026-05-31", unit: "MONTH" } as const;
    await expectReport(address, "income", "", expectedIncome(world, over));
  });

  test("are empty while PRICE_PERIOD is not set", async () => {
    const { address, warm } = await start({ PRICE_PERIOD: "" }, quirks);
    await warm();
    const over = { from: "2026-02-01", to: "2026-03-31", unit: "MONTH" } as const;
    const query = `from=${over.from}&to=${over.to}`;
    await expectReport(address, "income", query, expectedIncome(world, over, { isPriced: false }));
  });
});

/** A portfolio of one contract. */
function oneContract(terms: Partial<TenantContractRow>): World {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" });
  const unit = addUnit(world, { building: building.id });
  addTenantContract(world, { unit: unit.id, client: null }, terms);
  return world;
}

describe.each([
  [
    "5000.00 a month from 15 January to 14 June",
    "month",
    { price: "5000.00", start_date: "2026-01-15", end_date: "2026-06-14" },
    ["2741.94", "5000.00", "5000.00", "5000.00", "5000.00", "2333.33"],
    "25075.27",
  ],
  [
    "100000.00 a year in 2026",
    "year",
    { price: "100000.00", start_date: "2026-01-01", end_date: "2026-12-31" },
    [1, 2, 3, 4].flatMap(() => ["8333.33", "8333.34", "8333.33"]),
    "100000.00",
  ],
  [
    "1000.00 by contract from 30 January to 5 February",
    "contract",
    { price: "1000.00", start_date: "2026-01-30", end_date: "2026-02-05" },
    ["285.71", "714.29"],
    "1000.00",
  ],
])("%s", (_title, period, terms, rents, total) => {
  const world = oneContract(terms);
  const id = buildingIdOf([...world.buildings.keys()][0] ?? null);
  const start = stages({ REPORTS: "", CATALOG: "on", PRICE_PERIOD: period }, () => world);

  test("is correct by month, and adds up to the rent of the year", async () => {
    const { address, warm } = await start();
    await warm();
    const rows = rents.map((rent, index) => {
      const [from, to] = [new Date(Date.UTC(2026, index, 1)), new Date(Date.UTC(2026, index + 1, 0))];
      const days = [from, to].map((day) => day.toISOString().slice(0, 10));
      return [...days, "Tower", 1, 1, decimal(rent), null, null, id];
    });
    const query = "from=2026-01-01&to=2026-12-31";
    await expectReport(address, "income", query, { titles, rows });
    await expectReport(address, "income", `${query}&unit=YEAR`, {
      titles,
      rows: [["2026-01-01", "2026-12-31", "Tower", 1, 1, decimal(total), null, null, id]],
    });
    const bytes = await file(address, `income.parquet?${query}`);
    const parquet = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const read = await parquetReadObjects({ file: parquet });
    expect(read.map((row) => row["Agreed rent"])).toEqual(rents.map(Number));
  });
});
