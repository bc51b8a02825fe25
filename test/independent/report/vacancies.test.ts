import { describe, onTestFinished, test, vi } from "vitest";
import { contrary } from "../alma/quirk.ts";
import { addBuilding, addRoom, addTenantContract, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { stage, stages } from "../gateway.ts";
import { covers, dayOf, lettingModel, lettingWorld } from "../letting-world.ts";
import { amountOf } from "../read/group-arithmetic.ts";
import { decimal, type Expected, expectReport, sortRows } from "./table-model.ts";

const titles = [
  "Building",
  "Unit",
  "Unit or room",
  "Kind",
  "Status",
  "Vacant since",
  "Days vacant",
  "Rent aimed at",
  "First name of the owner",
  "Last name of the owner",
  "Let again from",
  "Next contract",
  "Unit or room in Alma",
];

/** The report, by looking at every object and every contract. */
function expectedVacancies(world: World, day: string, only?: number): Expected {
  const { objects, unitOf, isVacant, vacantSince, contractsOf } = lettingModel(world);
  const buildingNameOf = ({ building }: { building: number | null }) =>
    world.buildings.get(building ?? 0)?.name ?? null;
  const vacant = objects.filter((row) => isVacant(row, day) && (only === undefined || row.building === only));
  const ordered = sortRows(vacant, (row) => [buildingNameOf(row), unitOf(row)?.name, row.name]);
  const rows = ordered.map((row) => {
    const since = vacantSince(row, day);
    const unit = unitOf(row);
    const [owned] = [...world.owner_contracts.values()]
      .filter((contract) => unit && contract.usage?.unit === unit.id && covers(contract, day))
      .sort(
        (one, other) => (other.start_date ?? "").localeCompare(one.start_date ?? "") || other.id - one.id,
      );
    const owner = world.clients.get(owned?.usage?.client ?? 0);
    const [next] = contractsOf(row)
      .filter(({ usage, start_date }) => usage?.unit === row.id && start_date !== null && start_date > day)
      .filter((contract) => covers(contract, contract.start_date ?? ""))
      .sort((a, b) => (a.start_date ?? "").localeCompare(b.start_date ?? "") || b.id - a.id);
    return [
      buildingNameOf(row),
      unit?.name ?? null,
      row.name,
      row.property_type,
      row.status,
      since,
      since && (Date.parse(day) - Date.parse(since)) / 86_400_000 + 1,
      decimal(amountOf(row.goal_rent_cost ?? 0)),
      owner?.first_name ?? null,
      owner?.last_name ?? null,
      next?.start_date ?? null,
      next?.number ?? null,
      `${"parent_unit" in row ? "Room" : "Unit"}:${row.id}`,
    ];
  });
  return { titles, rows };
}

describe.each([
  [51, {}],
  [52, { ...contrary, listsArchived: true, decimals: "number" }],
] as const)("the vacancies of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 20);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC" }, () => world);

  test("are what looking at everything gives, on any day and in one building", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    const [building] = [...world.buildings.keys()];
    for (const index of [-3, 20, 77, 130, 250]) {
      const on = dayOf(index);
      await expectReport(address, "vacancies", `on=${on}`, expectedVacancies(world, on));
      const query = `on=${on}&building=${building}`;
      await expectReport(address, "vacancies", query, expectedVacancies(world, on, building));
    }
  });

  test("are the same where everything is read for it", async () => {
    const { address } = await start({ CATALOG: "off" }, quirks);
    const on = dayOf(100);
    await expectReport(address, "vacancies", `on=${on}`, expectedVacancies(world, on));
  });

  test("are those of today if nothing is asked for", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 3, 3, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    await expectReport(address, "vacancies", "", expectedVacancies(world, "2026-04-03"));
  });
});

test("what was let until 31 March is vacant on 3 April since the 1st, for 3 days", async () => {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" }).id;
  const unit = addUnit(world, { building, name: "U" });
  const room = addRoom(world, { parent_unit: unit.id, name: "R" });
  addTenantContract(world, { unit: room.id }, { start_date: "2026-01-01", end_date: "2026-03-31" });
  const { address, warm, close } = await stage(world, { env: { REPORTS: "", CATALOG: "on" } });
  onTestFinished(close);
  await warm();
  const letAt = ["Tower", "U", "R", "room", "available", "2026-04-01", 3, decimal("1200.50")];
  const row = [...letAt, null, null, null, null, `Room:${room.id}`];
  await expectReport(address, "vacancies", "on=2026-04-03", { titles, rows: [row] });
  await expectReport(address, "vacancies", "on=2026-03-31", { titles, rows: [] });
});
