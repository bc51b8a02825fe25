import { describe, onTestFinished, test, vi } from "vitest";
import { contrary } from "../alma/quirk.ts";
import { addOwnerContract, addTenantContract } from "../alma/row.ts";
import type { OwnerContractRow, TenantContractRow, World } from "../alma/world.ts";
import { stage } from "../gateway.ts";
import { dayOf, lettingWorld } from "../letting-world.ts";
import { decimal, type Expected, expectReport, objectOf, type Value } from "./table-model.ts";

const today = "2026-03-01";

/** ACTIVE or PLANNED on a day; undefined for what has ended or is archived. */
function stateOf({ usage, start_date, end_date }: TenantContractRow | OwnerContractRow): string | undefined {
  if (usage?.is_archived === true) return undefined;
  if (start_date !== null && start_date > today) return "PLANNED";
  return end_date !== null && end_date < today ? undefined : "ACTIVE";
}

/** The contracts in force or planned of which a day is one of these, by that day and then by id. */
function ending<C extends TenantContractRow | OwnerContractRow>(
  contracts: Iterable<C>,
  dayOfContract: (contract: C) => string | null,
  from: string,
  until: string,
): C[] {
  const key = (contract: C) => dayOfContract(contract) ?? "";
  return [...contracts]
    .filter((contract) => stateOf(contract) && from <= key(contract) && key(contract) <= until)
    .sort((one, other) => key(one).localeCompare(key(other)) || one.id - other.id);
}

/** What rows have of the place and the people of a contract. */
function partsOf(world: World, contract: TenantContractRow | OwnerContractRow) {
  const object = objectOf(world, contract);
  const unit = object && "parent_unit" in object ? world.units.get(object.parent_unit ?? 0) : object;
  const client = world.clients.get(contract.usage?.client ?? 0);
  return {
    building: world.buildings.get(object?.building ?? 0)?.name ?? null,
    unit: unit?.name ?? null,
    object: [
      object?.name ?? null,
      object ? `${"parent_unit" in object ? "Room" : "Unit"}:${object.id}` : null,
    ],
    client: [client?.first_name ?? null, client?.last_name ?? null, client ? `Client:${client.id}` : null],
    state: stateOf(contract) as string,
  };
}

type Report = (world: World, from: string, until: string) => Expected;

const tenantContracts: Report = (world, from, until) => ({
  titles: [
    ...["Last day", "Building", "Unit", "Unit or room", "Unit or room in Alma", "First name", "Last name"],
    ...[
      "Tenant in Alma",
      "Contract",
      "State",
      "First day",
      "Kind of letting",
      "Rent",
      "Rent a month",
      "Contract in Alma",
    ],
  ],
  rows: ending(world.tenant_contracts.values(), ({ end_date }) => end_date, from, until).map(
    (contract): Value[] => {
      const { building, unit, object, client, state } = partsOf(world, contract);
      const price = decimal(contract.price);
      return [
        ...[contract.end_date, building, unit, ...object, ...client, contract.number, state],
        ...[contract.start_date, contract.type_contract, price, price, `TenantContract:${contract.id}`],
      ];
    },
  ),
});

const ownerContracts: Report = (world, from, until) => ({
  titles: [
    ...[
      "Last day",
      "Building",
      "Unit",
      "Unit in Alma",
      "First name",
      "Last name",
      "Owner in Alma",
      "Contract",
    ],
    ...["State", "First day", "Work model", "Management letter ends", "Contract in Alma"],
  ],
  rows: ending(world.owner_contracts.values(), ({ end_date }) => end_date, from, until).map(
    (contract): Value[] => {
      const { building, object, client, state } = partsOf(world, contract);
      return [
        ...[contract.end_date, building, ...object, ...client, contract.number, state, contract.start_date],
        ...[contract.work_model, contract.pml_end_date, `OwnerContract:${contract.id}`],
      ];
    },
  ),
});

const managementLetters: Report = (world, from, until) => ({
  titles: [
    ...["Last day of the letter", "Building", "Unit", "Unit in Alma", "First name", "Last name"],
    ...[
      "Owner in Alma",
      "First day of the letter",
      "Contract",
      "State of the contract",
      "Contract ends",
      "Work model",
      "Contract in Alma",
    ],
  ],
  rows: ending(world.owner_contracts.values(), ({ pml_end_date }) => pml_end_date, from, until).map(
    (contract): Value[] => {
      const { building, object, client, state } = partsOf(world, contract);
      return [
        ...[contract.pml_end_date, building, ...object, ...client, contract.pml_start_date, contract.number],
        ...[state, contract.end_date, contract.work_model, `OwnerContract:${contract.id}`],
      ];
    },
  ),
});

/** A portfolio whose management letters end, too, and with contracts at the very borders of the period. */
function endingWorld(seed: number): World {
  const world = lettingWorld(seed, 24);
  for (const contract of world.owner_contracts.values()) {
    const { id } = contract;
    if (id % 4 > 0) contract.pml_end_date = dayOf((id * 37) % 200);
    if (id % 3 > 0) contract.pml_start_date = dayOf((id * 17) % 200);
  }
  const [unit] = [...world.units.values()];
  for (const end_date of ["2026-02-28", today, "2026-05-30", "2026-05-31"]) {
    const dates = { start_date: "2026-01-01", end_date, pml_end_date: end_date };
    addTenantContract(world, { unit: unit?.id ?? null }, { start_date: dates.start_date, end_date });
    addOwnerContract(world, { unit: unit?.id ?? null }, dates);
  }
  // Planned, and over before today: its last day is none of those to come.
  addTenantContract(world, { unit: unit?.id ?? null }, { start_date: "2027-01-01", end_date: "2026-01-31" });
  return world;
}

describe.each<[string, Report]>([
  ["ends", tenantContracts],
  ["owner-contract-ends", ownerContracts],
  ["management-letter-ends", managementLetters],
])("%s", (name, expected) => {
  test.each([
    [61, {}],
    [62, { ...contrary, listsArchived: true }],
  ])("of portfolio %i has those of the next 90 days, or of any others", async (seed, quirks) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(`${today}T12:00:00Z`) });
    onTestFinished(() => void vi.useRealTimers());
    const world = endingWorld(seed);
    const env = { REPORTS: "", CATALOG: "on", TIME_ZONE: "UTC", PRICE_PERIOD: "month" };
    const { address, warm, close } = await stage(world, { env, quirks });
    onTestFinished(close);
    await warm();
    await expectReport(address, name, "", expected(world, today, "2026-05-30"));
    await expectReport(address, name, "until=%2B7d", expected(world, today, "2026-03-08"));
    await expectReport(
      address,
      name,
      "from=2026-04-01&until=2027-12-31",
      expected(world, "2026-04-01", "2027-12-31"),
    );
  });
});
