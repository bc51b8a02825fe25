import { parquetReadObjects } from "hyparquet";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import { addBuilding, addClient, addRoom, addTenantContract, addUnit } from "../../independent/alma/row.ts";
import { World } from "../../independent/alma/world.ts";
import { stages } from "../../independent/gateway.ts";
import { dayOf, lettingWorld } from "../../independent/letting-world.ts";
import { hasPython, readWorkbook } from "../../support/python.ts";
import { expectedRoll, titles } from "./rent-roll-model.ts";
import { decimal, expectReport, file, type Value } from "./table-model.ts";

describe.each([
  [41, {}],
  [42, { ...contrary, listsArchived: true, decimals: "number" }],
] as const)("the rent roll of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 20);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD: "month" }, () => world);

  test("has a row for each contract that covers the day on its object, and for each vacant one", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    const [building] = [...world.buildings.keys()];
    for (const index of [-3, 20, 77, 130, 250]) {
      const on = dayOf(index);
      await expectReport(address, "rent-roll", `on=${on}`, expectedRoll(world, on));
      await expectReport(
        address,
        "rent-roll",
        `on=${on}&building=${building}`,
        expectedRoll(world, on, building),
      );
    }
  });

  test("is the same if everything is read for it", async () => {
    const { address } = await start({ CATALOG: "off" }, quirks);
    const on = dayOf(100);
    await expectReport(address, "rent-roll", `on=${on}`, expectedRoll(world, on));
  });

  test("is that of today by default", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 3, 3, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    await expectReport(address, "rent-roll", "", expectedRoll(world, "2026-04-03"));
  });
});

describe("with A let, B let whole for its rooms, and C vacant", () => {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" }).id;
  const client = addClient(world, { first_name: "Lea", last_name: "Bauer" }).id;
  const goal = { goal_rent_cost: "12.20" };
  const a = addUnit(world, { ...goal, building, name: "A", is_used_additional_external_id: true });
  const b = addUnit(world, { ...goal, building, name: "B" });
  for (const name of ["B1", "B2"]) addRoom(world, { parent_unit: b.id, name });
  addRoom(world, { parent_unit: b.id, name: "B3", is_archived: true });
  const c = addUnit(world, { ...goal, building, name: "C", status: "blocked" });
  const days = { start_date: "2026-01-01", end_date: "2026-12-31", number: "7" };
  const [first, second] = [a, b].map(({ id }, index) =>
    addTenantContract(world, { unit: id, client }, { ...days, price: `${index + 1}000.05` }),
  );
  // Contracts without an object are in no row; data-quality reports them.
  addTenantContract(world, { unit: null, client }, days);
  const start = stages({ REPORTS: "", CATALOG: "on", PRICE_PERIOD: "year" }, () => world);
  const query = "on=2026-06-30";

  test("there are three rows, none for B1 and B2, in every format", async () => {
    const { address, warm } = await start();
    await warm();
    const letting = ["7", "Lea", "Bauer", "2026-01-01", "2026-12-31", 184, "Airbnb"];
    const rows = [
      ["A", false, "1000.05", "83.34", "71.14", first, a],
      ["B", null, "2000.05", "166.67", "154.47", second, b],
    ].map(([name, vacant, price, monthly, gap, contract, unit]) => [
      ...["Tower", name, 1, name, vacant, a.status, decimal("12.20"), ...letting],
      ...[decimal(price as string), decimal(monthly as string), decimal(gap as string)],
      ...[`TenantContract:${(contract as { id: number }).id}`, `Unit:${(unit as { id: number }).id}`],
    ]) as Value[][];
    rows.push([
      "Tower",
      "C",
      1,
      "C",
      true,
      "blocked",
      decimal("12.20"),
      ...Array<null>(11).fill(null),
      `Unit:${c.id}`,
    ]);
    await expectReport(address, "rent-roll", query, { titles, rows });
    const bytes = await file(address, `rent-roll.parquet?${query}`);
    const parquet = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const read = await parquetReadObjects({ file: parquet });
    expect(read.map((row) => Object.keys(row))).toEqual(rows.map(() => titles));
    expect(read.map((row) => Object.values(row))).toEqual(
      rows.map((row) =>
        row.map((value, index) => {
          if (value === null || value === undefined) return null;
          if (typeof value === "object") return Number(value.decimal);
          return index === 10 || index === 11 ? new Date(value as string) : value;
        }),
      ),
    );
  });

  test.skipIf(!hasPython)("a workbook has the totals of rents on its second sheet", async () => {
    const { address, warm } = await start();
    await warm();
    const { sheets } = readWorkbook(await file(address, `rent-roll.xlsx?${query}`));
    const cells = (sheets[0] ?? []).map((row) =>
      row.filter(([at]) => /^[DEO]/.test(at)).map(([, , , text]) => text),
    );
    expect(cells).toEqual([
      ["Unit or room", "Vacant", "Rent"],
      ["A", "0", "1000.05"],
      ["B", "2000.05"],
      ["C", "1"],
      ["3000.10"],
    ]);
    const about = Object.fromEntries((sheets[1] ?? []).map(([label, value]) => [label?.[3], value?.[3]]));
    expect(about).toMatchObject({ Rows: "3", "Total of Rent": "3000.10", "Total of Rent a month": "250.01" });
  });
});
