import { parquetReadObjects } from "hyparquet";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import { addBuilding, addRoom, addTenantContract, addUnit } from "../../independent/alma/row.ts";
import { World } from "../../independent/alma/world.ts";
import { stages } from "../../independent/gateway.ts";
import { lettingWorld } from "../../independent/letting-world.ts";
import { hasPython, readWorkbook } from "../../support/python.ts";
import { expectedOccupancy, titles } from "./occupancy-model.ts";
import { decimal, expectReport, file } from "./table-model.ts";

describe.each([
  [31, {}],
  [32, { ...contrary, listsArchived: true }],
])("the occupancy of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 20);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC" }, () => world);

  test("equals a count of every day, over any periods and in one building", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    const [building] = [...world.buildings.keys()];
    for (const unit of ["MONTH", "WEEK", "YEAR"] as const) {
      const over = { from: "2025-12-20", to: "2026-05-17", unit };
      const query = `from=${over.from}&to=${over.to}&unit=${unit}`;
      await expectReport(address, "occupancy", query, expectedOccupancy(world, over));
      await expectReport(
        address,
        "occupancy",
        `${query}&building=${building}`,
        expectedOccupancy(world, over, building),
      );
    }
  });

  test("covers eleven months and the days of this one by default, on 17 May", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 4, 17, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    const over = { from: "2025-06-01", to: "2026-05-17", unit: "MONTH" } as const;
    await expectReport(address, "occupancy", "", expectedOccupancy(world, over));
  });
});

describe("one of two rooms, let from 1 to 15 June", () => {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" });
  const unit = addUnit(world, { building: building.id });
  const [room] = [1, 2].map(() => addRoom(world, { parent_unit: unit.id }));
  addRoom(world, { parent_unit: unit.id, is_archived: true });
  addTenantContract(
    world,
    { unit: room?.id ?? null, client: null },
    { start_date: "2026-06-01", end_date: "2026-06-15" },
  );
  const start = stages({ REPORTS: "", CATALOG: "on" }, () => world);
  const id = `Building:${building.id}`;
  const query = "from=2026-06-01&to=2026-06-30";

  test("is 15 of 60 days, 25.0 %, in every format", async () => {
    const { address, warm } = await start();
    await warm();
    const values = ["2026-06-01", "2026-06-30", "Tower", 2, 60, 15];
    await expectReport(address, "occupancy", query, { titles, rows: [[...values, decimal("25.0"), id]] });
    const bytes = await file(address, `occupancy.parquet?${query}`);
    const parquet = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const [row, ...others] = await parquetReadObjects({ file: parquet });
    expect(others).toEqual([]);
    const days = [new Date("2026-06-01"), new Date("2026-06-30")];
    expect(Object.keys(row ?? {})).toEqual(titles);
    expect(Object.values(row ?? {})).toEqual([...days, "Tower", 2, 60, 15, 25, id]);
  });

  test.skipIf(!hasPython)("is the same in a workbook, with the totals on its second sheet", async () => {
    const { address, warm } = await start();
    await warm();
    const { sheets } = readWorkbook(await file(address, `occupancy.xlsx?${query}`));
    const [head, row, ...others] = sheets[0] ?? [];
    expect(others.map((cells) => cells.map(([, , , text]) => text))).toEqual([["Total", "60", "15", "25.0"]]);
    expect(head?.map(([, , , text]) => text)).toEqual(titles);
    const serials = ["2026-06-01", "2026-06-30"].map((day) => String(Date.parse(day) / 86_400_000 + 25_569));
    expect(row?.map(([, , , text]) => text)).toEqual([...serials, "Tower", "2", "60", "15", "25.0", id]);
    const about = Object.fromEntries((sheets[1] ?? []).map(([label, value]) => [label?.[3], value?.[3]]));
    expect(about).toMatchObject({
      "Total of Lettable days": "60",
      "Total of Occupied days": "15",
      "Total of Occupancy, %": "25.0",
    });
  });
});

test("two buildings of one name are distinguished by their ids", async () => {
  const world = new World();
  const twins = [1, 2].map(() => addBuilding(world, { name: "Tower" }));
  for (const { id } of twins) addUnit(world, { building: id });
  const { address, warm } = await stages({ REPORTS: "", CATALOG: "on" }, () => world)();
  await warm();
  const rows = twins.map(({ id }) => [
    "2026-06-01",
    "2026-06-30",
    "Tower",
    1,
    30,
    0,
    decimal("0.0"),
    `Building:${id}`,
  ]);
  await expectReport(address, "occupancy", "from=2026-06-01&to=2026-06-30", { titles, rows });
});
