import { describe, onTestFinished, test, vi } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import { addBuilding, addRoom, addTenantContract, addUnit } from "../../independent/alma/row.ts";
import { World } from "../../independent/alma/world.ts";
import { stage, stages } from "../../independent/gateway.ts";
import { dayOf, lettingWorld } from "../../independent/letting-world.ts";
import { decimal, expectReport } from "./table-model.ts";
import { expectedVacancies, titles } from "./vacancies-model.ts";

describe.each([
  [51, {}],
  [52, { ...contrary, listsArchived: true, decimals: "number" }],
] as const)("the vacancies of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 20);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC" }, () => world);

  test("equal a check of everything, on any day and in one building", async () => {
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

  test("are the same if everything is read for them", async () => {
    const { address } = await start({ CATALOG: "off" }, quirks);
    const on = dayOf(100);
    await expectReport(address, "vacancies", `on=${on}`, expectedVacancies(world, on));
  });

  test("are those of today by default", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 3, 3, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    await expectReport(address, "vacancies", "", expectedVacancies(world, "2026-04-03"));
  });
});

test("an object let until 31 March is vacant on 3 April since the 1st, for 3 days", async () => {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" }).id;
  const unit = addUnit(world, { building, name: "U" });
  const room = addRoom(world, { parent_unit: unit.id, name: "R" });
  addTenantContract(world, { unit: room.id }, { start_date: "2026-01-01", end_date: "2026-03-31" });
  const { address, warm, close } = await stage(world, { env: { REPORTS: "", CATALOG: "on" } });
  onTestFinished(close);
  await warm();
  const letAt = ["Tower", "U", 1, "R", "room", "available", "2026-04-01", 3, decimal("1200.50")];
  const row = [...letAt, null, null, null, null, `Room:${room.id}`];
  await expectReport(address, "vacancies", "on=2026-04-03", { titles, rows: [row] });
  await expectReport(address, "vacancies", "on=2026-03-31", { titles, rows: [] });
});
