import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { day as dayFromToday } from "../../support/day.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import {
  type ClientRow,
  type OwnerContractRow,
  type RoomRow,
  type TenantContractRow,
  type UnitRow,
  World,
} from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";
import { type Asked, day, decimal, filterOf, flag, text } from "./filter-model.ts";
import { monthlyPrice, type Priced, percent, rentBetween } from "./group-arithmetic.ts";
import { answerOf, documentOf, type GroupTable, questionOf } from "./group-model.ts";

/** The number of queries about tenant contracts, with new seeds each time; other kinds have fewer. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 40);

const TYPES = ["Airbnb", "yearly", "whole", "", "Unit 10", "Unit 9"];
const PRICES = [
  "900",
  "1000.50",
  "1000.5",
  "-3.25",
  "0.005",
  "9007199254740993.10",
  "123456789012345678901.7",
];
// This Alma sends them as numbers.
const GOALS = ["900", "1000.5", "-3.25", "0.005", "123456789.125"];
const DAYS = ["2023-12-31", "2024-01-01", "2024-02-29", "2024-06-15", "2025-01-01"];
const NAMES = ["Tower 10", "Tower 9", "Alpha", "tower 9"];

const pick = <T>(values: readonly T[], seed: number): T | null =>
  values[(seed * 7919) % (values.length + 1)] ?? null;

function made(): World {
  const world = new World();
  world.projects.set(208, "Alpha");
  const buildings = NAMES.map((name, index) => addBuilding(world, { name, project: 207 + (index % 2) }));
  const clients = [1, 2, 3, 4, 5].map((number) =>
    addClient(world, {
      first_name: pick(["Ann", "Bo"], number),
      last_name: pick(["Lee", "Kay"], number * 3),
      status: pick(["active", "inactive"], number),
    }),
  );
  for (let seed = 1; seed <= 24; seed++) {
    const building = pick(buildings, seed);
    const unit = addUnit(world, {
      name: pick(NAMES, seed * 5),
      building: building?.id ?? null,
      project: building?.project ?? null,
      status: pick(["available", "rented"], seed * 3),
      property_type: pick(["apartment", "studio"], seed * 2),
      goal_rent_cost: pick(GOALS, seed * 5),
      number_of_bedrooms: pick([0, 1, 2], seed * 11),
      internal_area: pick([0, 50.5, 99.9, 1e-7], seed * 13),
      is_archived: pick([true, false], seed * 17),
      is_used_additional_external_id: pick([true, false, false], seed * 19),
    });
    // Some units have no room.
    const room = addRoom(world, {
      is_archived: seed % 8 === 0,
      parent_unit: seed % 7 === 0 || seed % 4 === 0 ? null : unit.id,
      project: building?.project ?? null,
      goal_rent_cost: pick(GOALS, seed),
      status: pick(["available", "rented"], seed),
    });
    for (const turn of [seed, seed * 29])
      addOwnerContract(
        world,
        { unit: unit.id, client: pick(clients, turn)?.id ?? null, is_archived: turn % 5 === 0 },
        {
          start_date: pick(DAYS, turn * 3),
          end_date: pick(DAYS, turn * 7),
          pml_start_date: pick(DAYS, turn),
          work_model: pick(TYPES, turn),
        },
      );
    for (const turn of [seed, seed * 31])
      addTenantContract(
        world,
        {
          unit: turn % 9 === 0 ? null : turn % 2 ? unit.id : room.id,
          client: pick(clients, turn)?.id ?? null,
          is_archived: turn % 6 === 0 ? true : turn % 11 === 0 ? null : false,
        },
        {
          start_date: pick(DAYS, turn * 3),
          end_date: pick(DAYS, turn * 23),
          price: pick(PRICES, turn),
          type_contract: pick(TYPES, turn * 5),
        },
      );
  }
  return world;
}

const world = made();
const today = dayFromToday(0);
const start = stages(
  { CATALOG_MAX_AGE: "3600", MAX_AGE: "3600", PRICE_PERIOD: "month; yearly=year; whole=contract" },
  () => world,
);

type ContractRow = Pick<OwnerContractRow, "start_date" | "end_date" | "usage" | "id">;

const stateOn = ({ usage, start_date: from, end_date: to }: ContractRow, on: string): string => {
  if (usage?.is_archived) return "ARCHIVED";
  if (from !== null && on < from) return "PLANNED";
  return to !== null && on > to ? "ENDED" : "ACTIVE";
};
const objectOf = ({ usage }: ContractRow) =>
  world.units.get(usage?.unit ?? 0) ?? world.rooms.get(usage?.unit ?? 0);
const unitOf = (row: ContractRow): number | null => {
  const found = objectOf(row);
  return found && "parent_unit" in found ? found.parent_unit : (found?.id ?? null);
};
const ownerOf = (unit: number | null, on: string): number | null => {
  const [chosen] = [...world.owner_contracts.values()]
    .filter((row) => unit !== null && row.usage?.unit === unit && stateOn(row, on) === "ACTIVE")
    .sort((a, b) =>
      (a.start_date ?? "") < (b.start_date ?? "") || (a.start_date === b.start_date && a.id < b.id) ? 1 : -1,
    );
  return chosen?.usage?.client ?? null;
};

const almaId = (value: unknown) => ({ almaId: value });
const link = (field: string, nameOf: (id: number) => readonly (string | null)[]) => ({
  field,
  select: "{ almaId }",
  shown: almaId,
  ranks: (value: unknown) =>
    value === null ? [...nameOf(0), null] : [...nameOf(Number(value)), Number(value)],
});
const client = (field: string) =>
  link(field, (id) => [world.clients.get(id)?.last_name ?? null, world.clients.get(id)?.first_name ?? null]);
const building = link("building", (id) => [world.buildings.get(id)?.name ?? null]);
const unit = link("unit", (id) => [world.units.get(id)?.name ?? null]);
const rentalObject = link("rentalObject", (id) => [
  (world.units.get(id) ?? world.rooms.get(id))?.name ?? null,
]);
const project = link("project", (id) => [world.projects.get(id) ?? null]);
const choice = (field: string) => ({ field, select: "{ value }", shown: (value: unknown) => ({ value }) });
const STATES = ["PLANNED", "ACTIVE", "ENDED", "ARCHIVED"];

const contractKeys = {
  BUILDING: { ...building, of: (row: ContractRow) => objectOf(row)?.building ?? null },
  PROJECT: { ...project, of: (row: ContractRow) => objectOf(row)?.project ?? null },
  UNIT: { ...unit, of: unitOf },
  CLIENT: { ...client("client"), of: (row: ContractRow) => row.usage?.client ?? null },
  STATE: { field: "state", of: stateOn, ranks: (value: unknown) => [STATES.indexOf(String(value))] },
  IS_ARCHIVED: { field: "isArchived", of: (row: ContractRow) => row.usage?.is_archived ?? null },
  START_DATE: { field: "startDate", of: (row: ContractRow) => row.start_date, isDay: true as const },
  END_DATE: { field: "endDate", of: (row: ContractRow) => row.end_date, isDay: true as const },
};
const contractDates = {
  startDate: (row: ContractRow) => row.start_date,
  endDate: (row: ContractRow) => row.end_date,
};
const covers = {
  from: (row: ContractRow) => row.start_date,
  to: (row: ContractRow) => row.end_date,
  isArchived: (row: ContractRow) => row.usage?.is_archived === true,
};

const pricedOf = (row: TenantContractRow): Priced => ({
  price: row.price,
  period: row.type_contract === "yearly" ? "year" : row.type_contract === "whole" ? "contract" : "month",
  from: row.start_date,
  to: row.end_date,
  isArchived: row.usage?.is_archived === true,
});
const rents = new Map<string, string | null>();
const rent = (row: TenantContractRow, from: string, to: string): string | null => {
  const key = `${row.id} ${from} ${to}`;
  const known = rents.has(key) ? (rents.get(key) ?? null) : rentBetween(pricedOf(row), from, to);
  rents.set(key, known);
  return known;
};

const tenantContracts: GroupTable<TenantContractRow> = {
  type: "TenantContract",
  root: "tenantContracts",
  rows: () => [...world.tenant_contracts.values()],
  keys: {
    ...contractKeys,
    RENTAL_OBJECT: { ...rentalObject, of: (row) => row.usage?.unit ?? null },
    OWNER: { ...client("owner"), of: (row, on) => ownerOf(unitOf(row), on) },
    TYPE_CONTRACT: { field: "typeContract", of: (row) => row.type_contract },
  },
  amounts: {
    price: { sum: "PRICE_SUM", of: (row) => row.price },
    monthlyPrice: { sum: "MONTHLY_PRICE_SUM", of: (row) => monthlyPrice(pricedOf(row)) },
  },
  dates: contractDates,
  covers: { ...covers, rent },
};
const ownerContracts: GroupTable<OwnerContractRow> = {
  type: "OwnerContract",
  root: "ownerContracts",
  rows: () => [...world.owner_contracts.values()],
  keys: {
    ...contractKeys,
    WORK_MODEL: { field: "workModel", of: (row) => row.work_model },
    PML_START_DATE: { field: "pmlStartDate", of: (row) => row.pml_start_date, isDay: true },
    PML_END_DATE: { field: "pmlEndDate", of: (row) => row.pml_end_date, isDay: true },
  },
  amounts: {},
  dates: {
    ...contractDates,
    pmlStartDate: (row) => row.pml_start_date,
    pmlEndDate: (row) => row.pml_end_date,
  },
  covers,
};
type ObjectRow = UnitRow | RoomRow;
const objectKeys = {
  BUILDING: { ...building, of: (row: ObjectRow) => row.building },
  PROJECT: { ...project, of: (row: ObjectRow) => row.project },
  STATUS: { field: "status", of: (row: ObjectRow) => row.status },
  PROPERTY_TYPE: { ...choice("propertyType"), of: (row: ObjectRow) => row.property_type },
  IS_ARCHIVED: { field: "isArchived", of: (row: ObjectRow) => row.is_archived },
};
const plainNumber = (value: number | null) =>
  value === 1e-7 ? "0.0000001" : value === null ? null : String(value);
const objectAmounts = {
  goalRentCost: { sum: "GOAL_RENT_COST_SUM", of: (row: ObjectRow) => row.goal_rent_cost },
  internalArea: { sum: "INTERNAL_AREA_SUM", of: (row: ObjectRow) => plainNumber(row.internal_area) },
};
const units: GroupTable<UnitRow> = {
  type: "Unit",
  root: "units",
  rows: () => [...world.units.values()],
  keys: {
    ...objectKeys,
    OWNER: { ...client("owner"), of: (row, on) => ownerOf(row.id, on) },
    NUMBER_OF_BEDROOMS: { field: "numberOfBedrooms", of: (row) => row.number_of_bedrooms },
  },
  amounts: objectAmounts,
  dates: {},
};
const rooms: GroupTable<RoomRow> = {
  type: "Room",
  root: "rooms",
  rows: () => [...world.rooms.values()],
  keys: {
    ...objectKeys,
    UNIT: { ...unit, of: (row) => row.parent_unit },
    OWNER: { ...client("owner"), of: (row, on) => ownerOf(row.parent_unit, on) },
  },
  amounts: objectAmounts,
  dates: {},
};

const roomsOf = (id: number) => [...world.rooms.values()].filter((room) => room.parent_unit === id);
const isUnit = (row: ObjectRow): row is UnitRow => !("parent_unit" in row);
const isLettable = (row: ObjectRow): boolean => {
  if (row.is_archived === true) return false;
  if (isUnit(row)) return row.is_used_additional_external_id === true || roomsOf(row.id).length === 0;
  const parent = world.units.get(row.parent_unit ?? 0);
  return parent?.is_archived !== true && parent?.is_used_additional_external_id !== true;
};
const isLetOn = (row: ObjectRow, on: string): boolean => {
  const others = isUnit(row) ? roomsOf(row.id).map(({ id }) => id) : [row.parent_unit];
  return [...world.tenant_contracts.values()].some(
    (contract) =>
      [row.id, ...others].includes(contract.usage?.unit ?? -1) &&
      stateOn(contract, on) === "ACTIVE" &&
      (contract.start_date ?? "") <= (contract.end_date ?? "9999"),
  );
};
const letDays = new Map<string, number>();
const daysLet = (row: ObjectRow, { from, to }: { from: string; to: string }): number => {
  const key = `${row.id} ${from} ${to}`;
  let days = letDays.get(key) ?? 0;
  if (!letDays.has(key))
    for (let time = Date.parse(from); time <= Date.parse(to); time += 86_400_000)
      if (isLetOn(row, new Date(time).toISOString().slice(0, 10))) days++;
  letDays.set(key, days);
  return days;
};
type Stretch = { readonly from: string; readonly to: string; readonly days: number } | undefined;
const lettingOf = (rows: readonly ObjectRow[], on: string, period: Stretch) => {
  const lettable = rows.filter(isLettable);
  const occupied = lettable.filter((row) => isLetOn(row, on)).length;
  const occupiedDays = period ? lettable.reduce((sum, row) => sum + daysLet(row, period), 0) : 0;
  const [part, whole] = period ? [occupiedDays, lettable.length * period.days] : [occupied, lettable.length];
  return { lettable: lettable.length, occupied, occupiedDays, part, whole };
};
const rentalObjects: GroupTable<ObjectRow> = {
  type: "RentalObject",
  root: "rentalObjects",
  rows: () => [...world.units.values(), ...world.rooms.values()],
  keys: {
    KIND: {
      field: "kind",
      of: (row) => (isUnit(row) ? "UNIT" : "ROOM"),
      ranks: (value) => [value === "UNIT" ? 0 : 1],
    },
    ...objectKeys,
    UNIT: { ...unit, of: (row) => (isUnit(row) ? row.id : row.parent_unit) },
    OWNER: { ...client("owner"), of: (row, on) => ownerOf(isUnit(row) ? row.id : row.parent_unit, on) },
    NUMBER_OF_BEDROOMS: {
      field: "numberOfBedrooms",
      of: (row) => (isUnit(row) ? row : world.units.get(row.parent_unit ?? 0))?.number_of_bedrooms ?? null,
    },
    IS_LETTABLE: { field: "isLettable", of: isLettable },
    IS_VACANT: { field: "isVacant", of: (row, on) => (isLettable(row) ? !isLetOn(row, on) : null) },
  },
  amounts: objectAmounts,
  dates: {},
  isInAllPeriods: true,
  extra: {
    select: "lettable occupied vacant lettableDays occupiedDays occupancy(scale: 3)",
    of: (rows, on, period) => {
      const { lettable, occupied, occupiedDays, part, whole } = lettingOf(rows, on, period);
      return {
        lettable,
        occupied: period ? null : occupied,
        vacant: period ? null : lettable - occupied,
        lettableDays: period ? lettable * period.days : null,
        occupiedDays: period ? occupiedDays : null,
        occupancy: whole === 0 ? null : percent(part, whole),
      };
    },
    orders: {
      VACANT: (rows, on, period) => {
        const { part, whole } = lettingOf(rows, on, period);
        return whole - part;
      },
      OCCUPANCY: (rows, on, period) => {
        const { part, whole } = lettingOf(rows, on, period);
        return whole === 0 ? null : part / whole;
      },
    },
  },
};

const all = <Row>(): fc.Arbitrary<Asked<Row>> => fc.constant({ input: {}, holds: () => true });
const contractFilter = filterOf<TenantContractRow>([
  day("startDate", (row) => row.start_date, DAYS),
  decimal("price", (row) => row.price, ["900", "1000.50"]),
  text("typeContract", (row) => row.type_contract, TYPES),
  flag("isArchived", (row) => row.usage?.is_archived ?? null),
]);
const unitFilter = filterOf<UnitRow>([
  text("status", (row) => row.status, ["available", "rented"]),
  flag("isArchived", (row) => row.is_archived),
]);

describe("groups equal a count over every row, to the last digit", () => {
  let cold: Stage;
  let warm: Stage;
  beforeAll(async () => {
    cold = await start();
    warm = await start({ CATALOG: "on" });
    await warm.warm();
  });

  /** Asks for all pages, one after the other. */
  async function ask<Row>(
    one: Stage,
    table: GroupTable<Row>,
    filter: object,
    question: Parameters<typeof documentOf<Row>>[1],
  ) {
    const { query, variables } = documentOf(table, question);
    const nodes: object[] = [];
    for (let after: string | null = null; ; ) {
      const answer = await one.query(query, { ...variables, filter, after });
      expect(answer.errors).toBeUndefined();
      const { groups } = answer.data[table.root];
      nodes.push(...groups.nodes);
      if (!groups.pageInfo.hasNextPage) return { totalCount: groups.totalCount, nodes };
      expect(groups.nodes).toHaveLength(question.first);
      after = groups.pageInfo.endCursor;
    }
  }

  const check = <Row>(table: GroupTable<Row>, filter: fc.Arbitrary<Asked<Row>>, numRuns: number) =>
    fc.assert(
      fc.asyncProperty(filter, questionOf(table), fc.boolean(), async (asked, question, isWarm) => {
        const expected = answerOf(table, table.rows().filter(asked.holds), question, today);
        // Many pages are slow, and a few test the same.
        const first = Math.max(question.first, Math.ceil(expected.totalCount / 4));
        const found = await ask(isWarm ? warm : cold, table, asked.input, { ...question, first });
        expect(found).toEqual(expected);
      }),
      { numRuns },
    );
  const timeout = RUNS * 1_200;

  test("tenant contracts", { timeout }, () => check(tenantContracts, contractFilter, RUNS));
  test("owner contracts", { timeout }, () => check(ownerContracts, all(), RUNS * 0.4));
  test("units", { timeout }, () => check(units, unitFilter, RUNS * 0.4));
  test("rooms", { timeout }, () => check(rooms, all(), RUNS * 0.2));

  test("units and rooms together", { timeout }, () => check(rentalObjects, all(), RUNS * 0.6));

  test("clients", async () => {
    const answer = await warm.query(
      "{ clients { groups(by: [STATUS, COUNTRY]) { nodes { keys { status country { value } } count distinct(of: STATUS) } } } }",
    );
    const rows = [...world.clients.values()];
    const count = (status: string | null) => rows.filter((row: ClientRow) => row.status === status).length;
    const expected = ["active", "inactive", null]
      .filter((status) => count(status) > 0)
      .map((status) => ({
        keys: { status, country: { value: "4" } },
        count: count(status),
        distinct: status === null ? 0 : 1,
      }));
    expect(answer.errors).toBeUndefined();
    expect(answer.data.clients.groups.nodes).toEqual(expected);
  });
});
