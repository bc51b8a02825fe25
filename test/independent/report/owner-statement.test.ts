import { describe, onTestFinished, test, vi } from "vitest";
import { contrary } from "../alma/quirk.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import { type OwnerContractRow, type TenantContractRow, World } from "../alma/world.ts";
import { stages } from "../gateway.ts";
import { covers, lettingWorld } from "../letting-world.ts";
import { rentBetween } from "../read/group-arithmetic.ts";
import {
  buildingOf,
  daysBetween,
  decimal,
  type Expected,
  expectReport,
  objectOf,
  type Value,
} from "./table-model.ts";

const titles = [
  "First name",
  "Last name",
  "Contract",
  "Building",
  "Unit",
  "Let unit or room",
  "From",
  "To",
  "Days",
  "Agreed rent",
  "Tenant contract",
  "Tenant's first name",
  "Tenant's last name",
  "Tenant contract in Alma",
  "Contract in Alma",
];

/** The report, by looking at both contracts on every day. */
function expectedStatement(
  world: World,
  period: { readonly from: string; readonly to: string },
  selects: (contract: OwnerContractRow) => boolean = () => true,
): Expected {
  const nameOf = (id: number | null | undefined): Value[] => {
    const client = world.clients.get(id ?? 0);
    return [client?.first_name ?? null, client?.last_name ?? null];
  };
  const days = [...daysBetween(period.from, period.to)];
  const rowsOf = (owned: OwnerContractRow): Value[][] => {
    const unitId = owned.usage?.unit ?? null;
    const unit = world.units.get(unitId ?? 0);
    const common = (contract: TenantContractRow) =>
      days.filter((day) => covers(owned, day) && covers(contract, day));
    const lettings = [...world.tenant_contracts.values()]
      .filter((contract) => {
        const object = objectOf(world, contract);
        const ofObject = object && "parent_unit" in object ? object.parent_unit : object?.id;
        return unitId !== null && ofObject === unitId;
      })
      .map((contract) => ({ contract, shared: common(contract) }))
      .filter(({ shared }) => shared.length > 0)
      .sort((a, b) => (a.shared[0] ?? "").localeCompare(b.shared[0] ?? "") || b.contract.id - a.contract.id);
    const head = [
      ...nameOf(owned.usage?.client),
      owned.number,
      world.buildings.get(buildingOf(unit) ?? 0)?.name ?? null,
      unit?.name ?? null,
    ];
    const id = `OwnerContract:${owned.id}`;
    if (lettings.length === 0) return [[...head, ...titles.slice(head.length + 1).map(() => null), id]];
    return lettings.map(({ contract, shared }) => {
      const { number, usage, price, start_date: from, end_date: to } = contract;
      const [first = "", last = ""] = [shared[0], shared.at(-1)];
      const isArchived = usage?.is_archived === true;
      return [
        ...head,
        objectOf(world, contract)?.name ?? null,
        first,
        last,
        shared.length,
        decimal(rentBetween({ price, period: "month", from, to, isArchived }, first, last)),
        number,
        ...nameOf(usage?.client),
        `TenantContract:${contract.id}`,
        id,
      ];
    });
  };
  const owned = [...world.owner_contracts.values()]
    .filter((contract) => selects(contract) && days.some((day) => covers(contract, day)))
    .sort((one, other) => one.id - other.id);
  return { titles, rows: owned.flatMap(rowsOf) };
}

describe.each([
  [51, {}],
  [52, { ...contrary, listsArchived: true }],
])("the owner statement of portfolio %i", (seed, quirks) => {
  const world = lettingWorld(seed, 24);
  const start = stages({ REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD: "month" }, () => world);

  test("is what looking at every day gives, of all and of one owner or contract", async () => {
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

  test("is that of last month, if on 17 May nothing is asked for", async () => {
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

  test("have June in common, for 3000.00, if June and July are asked for; a unit that is not let has an empty row", async () => {
    const { address, warm } = await start();
    await warm();
    const head = ["Mona", "Haddad"];
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
