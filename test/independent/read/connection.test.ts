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
import { type OwnerContractRow, type TenantContractRow, type UnitRow, World } from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";
import { type Asked, day, decimal, filterOf, flag, number, orderOf, plain, text } from "./filter-model.ts";

const WORDS = ["Alpha", "beta", "Гамма", "alphabet", "ta", "неизвестно"];
const RENTS = ["900", "1000.50", "1000.5", "1200.00", "12000"];
const DAYS = ["2023-12-31", "2024-01-01", "2024-02-29", "2024-06-15", "2025-01-01"];
const STATES = ["PLANNED", "ACTIVE", "ENDED", "ARCHIVED"] as const;

const pick = <T>(values: readonly T[], seed: number): T | null =>
  values[(seed * 7919) % (values.length + 1)] ?? null;

function made(): World {
  const world = new World();
  const buildings = [1, 2, 3].map((number) =>
    addBuilding(world, { external_id: `b${number}`, name: ["Гамма", "beta", null][number - 1] ?? null }),
  );
  const names = [
    ["Alpha", "beta"],
    ["beta", "beta"],
    ["Alpha", "alphabet"],
    [null, null],
  ] as const;
  const clients = names.map(([last_name, first_name]) => addClient(world, { last_name, first_name }));
  for (let seed = 1; seed <= 24; seed++) {
    const unit = addUnit(world, {
      name: pick(WORDS, seed),
      external_id: seed % 4 === 0 ? "" : `u${seed % 7}`,
      status: pick(["available", "rented"], seed * 3),
      building: pick(buildings, seed)?.id ?? null,
      goal_rent_cost: pick(RENTS, seed * 5),
      number_of_bedrooms: pick([0, 1, 2], seed * 11),
      internal_area: pick([0, 50.5, 99.9], seed * 13),
      is_archived: pick([true, false], seed * 17),
    });
    const room = addRoom(world, { parent_unit: unit.id, name: pick(WORDS, seed * 7) });
    addOwnerContract(
      world,
      { unit: seed % 8 === 0 ? null : unit.id, client: pick(clients, seed * 3)?.id ?? null },
      { start_date: pick(DAYS, seed * 5) },
    );
    addTenantContract(
      world,
      {
        unit: seed % 9 === 0 ? null : seed % 2 ? unit.id : room.id,
        client: pick(clients, seed)?.id ?? null,
        is_archived: seed % 6 === 0,
      },
      {
        start_date: pick(DAYS, seed * 3),
        end_date: pick(DAYS, seed * 23),
        price: pick(RENTS, seed),
        type_contract: pick(WORDS, seed * 5),
      },
    );
  }
  return world;
}

const world = made();
const start = stages({ CATALOG_MAX_AGE: "3600", MAX_AGE: "3600" }, () => world);
const units = [...world.units.values()];
const contracts = [...world.tenant_contracts.values()];
const ownerContracts = [...world.owner_contracts.values()];

const textOf = (value: string | null) => (value === "" ? null : value);
const buildingRefs = [1001, 1002, 1003, 9999].flatMap((id) => [{ almaId: id }, { id: `Building:${id}` }]);
const building = (ref: object): number => Number(Object.values(ref)[0].toString().replace("Building:", ""));

const unitFilter = filterOf<UnitRow>([
  text("name", (row) => row.name, WORDS),
  text("externalId", (row) => textOf(row.external_id), ["u1", "u2", "u3"]),
  text("status", (row) => row.status, ["available", "rented", "blocked"]),
  text("propertyType", (row) => row.property_type, ["apartment", "studio"]),
  decimal("goalRentCost", (row) => row.goal_rent_cost, [...RENTS, "1000.500"]),
  number("numberOfBedrooms", (row) => row.number_of_bedrooms, [0, 1, 2, 3]),
  number("internalArea", (row) => row.internal_area, [0, 50.5, 99.9]),
  number(
    "almaId",
    (row) => row.id,
    units.slice(0, 6).map(({ id }) => id),
  ),
  flag("isArchived", (row) => row.is_archived),
  plain("building", buildingRefs, (row, ref) => row.building === building(ref)),
  plain(
    "building",
    [{ externalId: "b1" }, { externalId: "none" }],
    (row, { externalId }) => externalId === "b1" && row.building === 1001,
  ),
]);

const stateOn = (row: TenantContractRow, on: string): string => {
  if (row.usage?.is_archived) return "ARCHIVED";
  if (row.start_date !== null && on < row.start_date) return "PLANNED";
  return row.end_date !== null && on > row.end_date ? "ENDED" : "ACTIVE";
};
const today = dayFromToday(0);
const objectOf = ({ usage }: Pick<TenantContractRow, "usage">) =>
  world.units.get(usage?.unit ?? 0) ?? world.rooms.get(usage?.unit ?? 0);

const contractFilter = filterOf<TenantContractRow>([
  day("startDate", (row) => row.start_date, DAYS),
  day("endDate", (row) => row.end_date, DAYS),
  decimal("price", (row) => row.price, RENTS),
  text("typeContract", (row) => row.type_contract, WORDS),
  flag("isArchived", (row) => row.usage?.is_archived ?? null),
  plain("activeOn", DAYS, (row, on) => stateOn(row, on) === "ACTIVE"),
  plain("state", [[STATES[0]], [STATES[1], STATES[2]], [STATES[3]], []], (row, states) =>
    (states as readonly string[]).includes(stateOn(row, today)),
  ),
  plain(
    "client",
    [{ almaId: 1001 }, { id: "Client:1002" }],
    (row, ref) => row.usage?.client === Number(String(Object.values(ref)[0]).replace("Client:", "")),
  ),
  plain(
    "rentalObject",
    units.slice(0, 4).map(({ id }) => ({ almaId: id })),
    (row, { almaId }) => row.usage?.unit === almaId,
  ),
  plain("building", buildingRefs, (row, ref) => objectOf(row)?.building === building(ref)),
]);

// Texts whose order is undisputed: they begin with different letters of two scripts.
const rank = (value: string | null) =>
  value === null ? null : ["Alpha", "alphabet", "beta", "ta", "Гамма", "неизвестно"].indexOf(value);
const unitOrder = orderOf<UnitRow>({
  ALMA_ID: (row) => row.id,
  NAME: (row) => rank(row.name),
  STATUS: (row) => row.status,
  GOAL_RENT_COST: (row) => (row.goal_rent_cost === null ? null : Number(row.goal_rent_cost)),
  NUMBER_OF_BEDROOMS: (row) => row.number_of_bedrooms,
  INTERNAL_AREA: (row) => row.internal_area,
});
const linkedOrders = {
  BUILDING_NAME: (row: Pick<TenantContractRow, "usage">) =>
    rank(world.buildings.get(objectOf(row)?.building ?? 0)?.name ?? null),
  UNIT_NAME: ({ usage }: Pick<TenantContractRow, "usage">) =>
    rank(world.units.get(world.rooms.get(usage?.unit ?? 0)?.parent_unit ?? usage?.unit ?? 0)?.name ?? null),
  RENTAL_OBJECT_NAME: (row: Pick<TenantContractRow, "usage">) => rank(objectOf(row)?.name ?? null),
  CLIENT_NAME: ({ usage }: Pick<TenantContractRow, "usage">) => {
    const found = world.clients.get(usage?.client ?? 0);
    return found?.last_name ? `${rank(found.last_name)} ${rank(found.first_name)}` : null;
  },
};
const ownerContractOrder = orderOf<OwnerContractRow>({
  START_DATE: (row) => row.start_date,
  ...linkedOrders,
});
const contractOrder = orderOf<TenantContractRow>({
  ...linkedOrders,
  START_DATE: (row) => row.start_date,
  END_DATE: (row) => row.end_date,
  PRICE: (row) => (row.price === null ? null : Number(row.price)),
  TYPE_CONTRACT: (row) => rank(row.type_contract),
});

describe("filters and orders equal a check of every row", () => {
  let one: Stage;
  beforeAll(async () => {
    one = await start();
  });
  const ask = async (
    of: "units" | "tenantContracts" | "ownerContracts",
    type: string,
    variables: Record<string, unknown>,
  ) => {
    const query = `query ($filter: ${type}Filter, $orderBy: [${type}Order!]) {
      ${of}(filter: $filter, orderBy: $orderBy, first: 100) { totalCount nodes { almaId } } }`;
    const answer = await one.query(query, variables);
    expect(answer.errors).toBeUndefined();
    return answer.data[of];
  };
  const right = <R extends { readonly id: number }>(
    rows: readonly R[],
    filter: Asked<R>,
    compare: (a: R, b: R) => number,
  ) => {
    const kept = rows.filter(filter.holds).sort(compare);
    return { totalCount: kept.length, nodes: kept.map(({ id }) => ({ almaId: id })) };
  };

  test("units", async () => {
    await fc.assert(
      fc.asyncProperty(unitFilter, unitOrder, async (filter, { orderBy, compare }) => {
        expect(await ask("units", "Unit", { filter: filter.input, orderBy })).toEqual(
          right(units, filter, compare),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("tenant contracts", async () => {
    await fc.assert(
      fc.asyncProperty(contractFilter, contractOrder, async (filter, { orderBy, compare }) => {
        expect(await ask("tenantContracts", "TenantContract", { filter: filter.input, orderBy })).toEqual(
          right(contracts, filter, compare),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("owner contracts", async () => {
    const every = { input: {}, holds: () => true };
    await fc.assert(
      fc.asyncProperty(ownerContractOrder, async ({ orderBy, compare }) => {
        expect(await ask("ownerContracts", "OwnerContract", { orderBy })).toEqual(
          right(ownerContracts, every, compare),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("pages forward and backward, put together, are the whole list", async () => {
    const pagesOf = async <R extends { readonly id: number }>(
      of: "units" | "tenantContracts",
      type: string,
      rows: readonly R[],
      filters: fc.Arbitrary<Asked<R>>,
      orders: ReturnType<typeof orderOf<R>>,
    ) => {
      const query = `query ($filter: ${type}Filter, $orderBy: [${type}Order!], $first: Int, $after: String, $last: Int, $before: String) {
        ${of}(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
          edges { cursor node { almaId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
      const size = fc.integer({ min: 1, max: 9 });
      await fc.assert(
        fc.asyncProperty(filters, orders, size, fc.boolean(), async (filter, order, size, back) => {
          const { orderBy, compare } = order;
          const found: { almaId: number }[] = [];
          let cursor: string | null = null;
          for (let more = true; more; ) {
            const place: object = back ? { last: size, before: cursor } : { first: size, after: cursor };
            const { data } = await one.query(query, { filter: filter.input, orderBy, ...place });
            const { edges, pageInfo } = data[of];
            const nodes = edges.map(({ node }: { node: { almaId: number } }) => node);
            if (back) found.unshift(...nodes);
            else found.push(...nodes);
            expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
            cursor = back ? pageInfo.startCursor : pageInfo.endCursor;
            more = back ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
          }
          expect(found).toEqual(right(rows, filter, compare).nodes);
        }),
        { numRuns: 25 },
      );
    };
    await pagesOf("units", "Unit", units, unitFilter, unitOrder);
    await pagesOf("tenantContracts", "TenantContract", contracts, contractFilter, contractOrder);
  });
});
