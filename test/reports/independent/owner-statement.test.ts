import { describe, onTestFinished, test, vi } from "vitest";
import { contrary } from "../../independent/alma/quirk.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../../independent/alma/row.ts";
import { type OwnerContractRow, World } from "../../independent/alma/world.ts";
import { stages } from "../../independent/gateway.ts";
import { lettingWorld } from "../../independent/letting-world.ts";
import { expectedStatement, titles } from "./owner-statement-model.ts";
import { decimal, expectReport } from "./table-model.ts";

describe.each([
  [51, {}],
  [52, { ...contrary, listsArchived: true }],
])("the owner statement of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 24);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD: "month" }, () => world);

  test("equals a count of every day, for all and for one owner or contract", async () => {
    const { address, warm } = await start({}, quirks);
    await warm();
    for (const period of [
      { from: "2026-02-10", to: "2026-04-20" },
      { from: "2026-03-31", to: "2026-03-31" },
    ]) {
      const query = `from=${period.from}&to=${period.to}`;
      await expectReport(address, "owner-statement", query, expectedStatement(world, period));
      for (const { id } of world.clients.values())
        await expectReport(
          address,
          "owner-statement",
          `${query}&owner=Client:${id}`,
          expectedStatement(world, period, ({ usage }) => usage?.client === id),
        );
      const { number } = [...world.owner_contracts.values()][3] as OwnerContractRow;
      await expectReport(
        address,
        "owner-statement",
        `${query}&contract=${encodeURIComponent(number ?? "")}`,
        expectedStatement(world, period, (contract) => contract.number === number),
      );
    }
  });

  test("covers the last month by default, on 17 May", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 4, 17, 12) });
    onTestFinished(() => void vi.useRealTimers());
    const { address, warm } = await start({}, quirks);
    await warm();
    const period = { from: "2026-04-01", to: "2026-04-30" };
    await expectReport(address, "owner-statement", "", expectedStatement(world, period));
  });
});

describe("an owner from January to June and a tenant from May to October at 3000.00 a month", () => {
  const world = new World();
  const building = addBuilding(world, { name: "Tower" });
  const owner = addClient(world, { first_name: "Mona", last_name: "Haddad" });
  const tenant = addClient(world, { first_name: "Tom", last_name: "Bauer" });
  const unit = addUnit(world, { name: "101", building: building.id });
  const room = addRoom(world, { name: "101 A", parent_unit: unit.id });
  const vacant = addUnit(world, { name: "102", building: building.id });
  const dates = { start_date: "2026-01-01", end_date: "2026-06-30" };
  const first = addOwnerContract(world, { unit: unit.id, client: owner.id }, { ...dates, number: "O-1" });
  const second = addOwnerContract(world, { unit: vacant.id, client: owner.id }, { ...dates, number: "O-2" });
  const letting = addTenantContract(
    world,
    { unit: room.id, client: tenant.id },
    { start_date: "2026-05-01", end_date: "2026-10-31", price: "3000.00", number: "T-1" },
  );
  const start = stages({ REPORTS: "", CATALOG: "on", PRICE_PERIOD: "month" }, () => world);

  test("have June in common, for 3000.00, if June and July are requested; a unit that is not let has an empty row", async () => {
    const { address, warm } = await start();
    await warm();
    const head = ["Mona", "Haddad", `Client:${owner.id}`];
    await expectReport(address, "owner-statement", "from=2026-06-01&to=2026-07-31", {
      titles,
      rows: [
        [
          ...head,
          "O-1",
          "Tower",
          "101",
          "101 A",
          "2026-06-01",
          "2026-06-30",
          30,
          decimal("3000.00"),
          "T-1",
          "Tom",
          "Bauer",
          `TenantContract:${letting.id}`,
          `OwnerContract:${first.id}`,
        ],
        [
          ...head,
          "O-2",
          "Tower",
          "102",
          ...Array.from({ length: 9 }, () => null),
          `OwnerContract:${second.id}`,
        ],
      ],
    });
  });
});
