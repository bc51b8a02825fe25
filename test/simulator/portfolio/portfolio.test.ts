import { expect, test } from "vitest";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../../simulator/index.ts";
import { isActive, isActiveOrPlanned, overlaps } from "../../../simulator/rule/occupancy.ts";

/** A simulator whose server is closed already. */
async function portfolio(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await createSimulator({ today: "2025-06-15", ...options });
  await simulator.close();
  return simulator;
}

const sizes = ({ data }: Simulator) => [
  data.buildings.size,
  data.units.size,
  data.rooms.size,
  data.clients.size,
  data.ownerContracts.size,
  data.tenantContracts.size,
];

const big = {
  buildings: 50,
  units: 1000,
  rooms: 2000,
  clients: 3000,
  ownerContracts: 1500,
  tenantContracts: 6000,
};

test.each([
  [0, [0, 0, 0, 0, 0, 0]],
  [1, [8, 48, 84, 150, 56, 240]],
  [
    { buildings: 1, units: 1, rooms: 1, clients: 1, ownerContracts: 1, tenantContracts: 1 },
    [1, 1, 1, 1, 1, 1],
  ],
  [{ buildings: 2, units: 3 }, [2, 3, 0, 0, 0, 0]],
  [big, Object.values(big)],
  [{ buildings: 500, units: 10_000 }, [500, 10_000, 0, 0, 0, 0]],
])("a portfolio has exactly the size %j", async (size, expected) => {
  expect(sizes(await portfolio({ size }))).toEqual(expected);
});

test("an impossible size is refused with the reasons", async () => {
  await expect(portfolio({ size: { units: 1, tenantContracts: 1 } })).rejects.toThrow(
    "No portfolio has this size: units need a building, contracts need a client.",
  );
});

test("the same seed gives the same portfolio, another seed another one", async () => {
  const all = async (seed: number) => {
    const { data } = await portfolio({ seed });
    return [data.units.all(), data.rooms.all(), data.clients.all(), data.tenantContracts.all()];
  };
  const first = await all(7);
  expect(await all(7)).toEqual(first);
  expect(await all(8)).not.toEqual(first);
});

test("tenant contracts on one object do not overlap", async () => {
  const { data } = await portfolio({ size: big });
  for (const object of [...data.units.all(), ...data.rooms.all()]) {
    const contracts = data.tenantContracts.by("unit_id", object.id);
    for (const [index, one] of contracts.entries()) {
      for (const other of contracts.slice(index + 1)) expect(overlaps(one, other)).toBe(false);
    }
  }
});

test("names, e-mail addresses and external ids are unique where Alma requires it", async () => {
  const { data } = await portfolio({ size: big });
  const unique = (keys: unknown[]) => expect(new Set(keys).size).toBe(keys.length);
  unique(data.buildings.all().map(({ name, project }) => `${project} ${name}`));
  unique(data.units.all().map(({ name, building }) => `${building} ${name}`));
  unique(data.rooms.all().map(({ name, parent_unit }) => `${parent_unit} ${name}`));
  unique(data.clients.all().map(({ email }) => email));
  const ids = [...data.units.all(), ...data.rooms.all()].map(({ external_id }) => external_id);
  unique([...ids, ...data.units.all().flatMap((unit) => unit.additional_external_id || [])]);
});

test("units are let according to Alma's rules", async () => {
  const { data } = await portfolio({ size: big });
  for (const unit of data.units.all()) {
    const rooms = data.rooms.by("parent_unit", unit.id);
    if (unit.is_used_additional_external_id) expect(rooms).toEqual([]);
    if (rooms.length > 0) expect(data.tenantContracts.by("unit_id", unit.id)).toEqual([]);
    expect(unit.electronic_lock_password?.length ?? 0).toBeLessThanOrEqual(8);
  }
  for (const contract of data.ownerContracts.all()) expect(data.units.get(contract.unit_id)).toBeDefined();
});

test("statuses match the contracts", async () => {
  const { data, clock } = await portfolio({ size: big });
  const today = clock.today();
  for (const room of data.rooms.all()) {
    const rented = data.tenantContracts.by("unit_id", room.id).some((each) => isActive(each, today));
    expect(room.status).toBe(rented ? "rented" : "available");
    if (room.is_archived) expect(rented).toBe(false);
  }
  for (const client of data.clients.all()) {
    const contracts = [
      ...data.tenantContracts.by("client_id", client.id),
      ...data.ownerContracts.by("client_id", client.id),
    ];
    if (client.status === "active")
      expect(contracts.some((each) => isActiveOrPlanned(each, today))).toBe(true);
    if (client.status === "unconfirmed") expect(contracts).toEqual([]);
  }
});

test("the portfolio has an example of every case", async () => {
  const { data, clock } = await portfolio({});
  const today = clock.today();
  const contracts = data.tenantContracts.all();
  const some = (what: string, found: readonly unknown[]) => expect(found.length, what).toBeGreaterThan(0);
  some(
    "planned",
    contracts.filter((each) => !each.is_archived && (each.start_date ?? "") > today),
  );
  some(
    "in force",
    contracts.filter((each) => isActive(each, today)),
  );
  some(
    "over",
    contracts.filter((each) => (each.end_date ?? today) < today),
  );
  some(
    "archived",
    contracts.filter((each) => each.is_archived),
  );
  some(
    "archived units",
    data.units.all().filter((each) => each.is_archived),
  );
  some(
    "whole-let units",
    data.units.all().filter((each) => each.is_used_additional_external_id),
  );
  some(
    "studios",
    data.units.all().filter((each) => each.property_type === "studio"),
  );
  some(
    "beds",
    data.rooms.all().filter((each) => each.name?.startsWith("Bed")),
  );
  some(
    "photos",
    data.units.all().filter((each) => each.photos.length > 0),
  );
  some(
    "without a floor",
    data.units.all().filter((each) => each.floor === null),
  );
  some(
    "Cyrillic",
    data.clients.all().filter((each) => /\p{Script=Cyrillic}/u.test(each.first_name ?? "")),
  );
  some(
    "Arabic",
    data.clients.all().filter((each) => /\p{Script=Arabic}/u.test(each.first_name ?? "")),
  );
  for (const status of ["active", "inactive", "unconfirmed"]) some(status, data.clients.by("status", status));
  expect(data.projects.size).toBe(2);
  const soon = contracts.filter((each) => isActive(each, today) && (each.end_date ?? "") <= "2025-06-30");
  some("about to end", soon);
});

test("by default, the day is the current one in Dubai", async () => {
  const { clock } = await portfolio({ size: 0, today: undefined });
  const dubai = () => new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Dubai" }).format();
  const [before, today, after] = [dubai(), clock.today(), dubai()];
  expect([before, after]).toContain(today);
});
