import { afterAll, describe, expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { contrary } from "../alma/quirk.ts";
import { addBuilding, addClient, addTenantContract, addUnit } from "../alma/row.ts";
import { type RoomRow, type UnitRow, World } from "../alma/world.ts";
import { faultsOf, type Stage, stage } from "../gateway.ts";
import { covers, dayOf, lettingModel, lettingWorld } from "../letting-world.ts";

const open: Stage[] = [];
afterAll(() => Promise.all(open.map(({ close }) => close())));

async function start(world: World, quirks = {}, env: Record<string, string> = { CATALOG: "on" }) {
  const one = await stage(world, { quirks, env });
  open.push(one);
  if (env.CATALOG === "on") await one.warm();
  return one;
}

const ids = (rows: Iterable<{ readonly id: number }>): number[] =>
  [...rows].map(({ id }) => id).sort((one, other) => other - one);

/** The ids that a connection has. */
async function found({ query }: Stage, connection: string, filter: string): Promise<number[]> {
  const { data, errors } = await query(`{ ${connection}(filter: ${filter}) { nodes { almaId } } }`);
  expect(errors).toBeUndefined();
  return data[connection].nodes.map(({ almaId }: { almaId: number }) => almaId);
}

const withCatalog = { CATALOG: "on" };
const withoutCatalog = { CATALOG: "off" };

describe.each([
  [1, {}, withCatalog],
  [2, { ...contrary, listsArchived: true }, withCatalog],
  [3, {}, withoutCatalog],
])("in portfolio %i", (seed, quirks, env) => {
  const world = lettingWorld(seed);
  const model = lettingModel(world);
  const isIn = (row: UnitRow | RoomRow | undefined, name: string) =>
    row !== undefined && world.buildings.get(row.building ?? 0)?.name === name;
  const objectOf = (id: number | null | undefined) => world.units.get(id ?? 0) ?? world.rooms.get(id ?? 0);
  const contracts = [...world.tenant_contracts.values()];

  test("filters follow links to clients, rental objects and buildings, also inside or and not", async () => {
    const one = await start(world, quirks, env);
    const haddad = (id: number | null | undefined) => world.clients.get(id ?? 0)?.last_name === "Haddad";
    expect(await found(one, "tenantContracts", '{ clientWhere: { lastName: { eq: "Haddad" } } }')).toEqual(
      ids(contracts.filter(({ usage }) => haddad(usage?.client))),
    );
    const either = '{ or: [{ clientWhere: { lastName: { eq: "Haddad" } } }, { price: { isNull: true } }] }';
    expect(await found(one, "tenantContracts", `{ not: ${either} }`)).toEqual(
      ids(contracts.filter(({ usage, price }) => !(haddad(usage?.client) || price === null))),
    );
    const rented =
      '{ rentalObjectWhere: { status: { ne: "rented" }, buildingWhere: { name: { eq: "Tower 2" } } } }';
    const inTower = contracts.filter(({ usage }) => {
      const object = objectOf(usage?.unit);
      return object?.status !== "rented" && isIn(object, "Tower 2");
    });
    expect(await found(one, "tenantContracts", rented)).toEqual(ids(inTower));
    expect(await found(one, "ownerContracts", '{ buildingWhere: { number: { eq: "7" } } }')).toEqual(
      ids(
        [...world.owner_contracts.values()].filter(
          ({ usage }) => world.buildings.get(objectOf(usage?.unit)?.building ?? 0)?.number === "7",
        ),
      ),
    );
    const byUnit =
      '{ unitWhere: { status: { isNull: true }, not: { buildingWhere: { name: { eq: "Tower 1" } } } } }';
    const rooms = [...world.rooms.values()].filter((room) => {
      const unit = world.units.get(room.parent_unit ?? 0);
      return unit !== undefined && unit.status === null && !isIn(unit, "Tower 1");
    });
    expect(await found(one, "rooms", byUnit)).toEqual(ids(rooms));
  });

  test("lists units and rooms together, in any order, with lettability and vacancy", async () => {
    const one = await start(world, quirks, env);
    expect(await found(one, "rentalObjects", "{}")).toEqual(ids(model.objects));
    expect(await found(one, "rentalObjects", "{ isLettable: true }")).toEqual(
      ids(model.objects.filter(model.isLettable)),
    );
    expect(await found(one, "units", "{ isLettable: false }")).toEqual(
      ids([...world.units.values()].filter((unit) => !model.isLettable(unit))),
    );
    for (let index = -1; index < 210; index += 23) {
      const day = dayOf(index);
      const vacant = model.objects.filter((row) => model.isVacant(row, day) === true);
      expect(await found(one, "rentalObjects", `{ isVacantOn: "${day}" }`), day).toEqual(ids(vacant));
      const let_ = (row: UnitRow | RoomRow) =>
        contracts.some((contract) => contract.usage?.unit === row.id && covers(contract, day));
      expect(await found(one, "rooms", `{ hasContractOn: "${day}" }`)).toEqual(
        ids([...world.rooms.values()].filter(let_)),
      );
      const onVacant = contracts.filter(({ usage }) => vacant.some(({ id }) => id === usage?.unit));
      const nested = `{ rentalObjectWhere: { isVacantOn: "${day}" } }`;
      expect(await found(one, "tenantContracts", nested)).toEqual(ids(onVacant));
    }
    const unit = [...world.units.values()][3] as UnitRow;
    const own = model.objects.filter((row) => model.unitOf(row)?.id === unit.id);
    expect(await found(one, "rentalObjects", `{ unit: { almaId: ${unit.id} } }`)).toEqual(ids(own));
    expect(await found(one, "rentalObjects", `{ unitWhere: { almaId: { eq: ${unit.id} } } }`)).toEqual(
      ids(own),
    );
  });

  test("contracts are selected that cover a day of a period", async () => {
    const one = await start(world, quirks, env);
    for (const [from, to] of [
      [0, 0],
      [-30, 40],
      [60, 75],
      [150, 300],
    ] as const) {
      const days = Array.from({ length: to - from + 1 }, (_, index) => dayOf(from + index));
      const isIn = (contract: (typeof contracts)[number]) => days.some((day) => covers(contract, day));
      const filter = `{ activeBetween: { from: "${dayOf(from)}", to: "${dayOf(to)}" } }`;
      expect(await found(one, "tenantContracts", filter)).toEqual(ids(contracts.filter(isIn)));
    }
    const wrong =
      '{ tenantContracts(filter: { activeBetween: { from: "2026-02-01", to: "2026-01-31" } }) { totalCount } }';
    const { errors } = await one.query(wrong);
    expect(errors?.map(({ extensions }) => extensions)).toMatchObject([
      { code: "BAD_USER_INPUT", argument: "filter.activeBetween.to" },
    ]);
  });

  test("pages of units and rooms in an order have each of them once", async () => {
    const one = await start(world, quirks, env);
    const seen: string[] = [];
    let after = "null";
    for (let more = true; more; ) {
      const { data } =
        await one.query(`{ rentalObjects(first: 7, after: ${after}, orderBy: [{ field: NAME, direction: DESC }]) {
        nodes { __typename name building { name } } pageInfo { hasNextPage endCursor } } }`);
      seen.push(...data.rentalObjects.nodes.map(({ name }: { name: string }) => name));
      more = data.rentalObjects.pageInfo.hasNextPage;
      after = JSON.stringify(data.rentalObjects.pageInfo.endCursor);
    }
    const collator = new Intl.Collator("en", { numeric: true });
    const names = model.objects.map(({ name }) => name ?? "");
    expect(seen).toEqual(names.sort((one, other) => collator.compare(other, one)));
  });
});

test("links lead to clients and units that no list names", async () => {
  const world = lettingWorld(5);
  const one = await start(world, { ...contrary, listsArchived: false }, withoutCatalog);
  const visible = [...world.tenant_contracts.values()].filter(({ usage }) => usage?.is_archived !== true);
  const archived = visible.filter(({ usage }) => {
    const object = world.units.get(usage?.unit ?? 0) ?? world.rooms.get(usage?.unit ?? 0);
    return object?.is_archived === true;
  });
  expect(archived.length).toBeGreaterThan(0);
  expect(await found(one, "tenantContracts", "{ rentalObjectWhere: { isArchived: true } }")).toEqual(
    ids(archived),
  );
});

describe("unreadable records", () => {
  test("are reported where a link leads to them, and omit only what refers to them", async () => {
    const world = new World();
    const client = addClient(world).id;
    const unit = addUnit(world, { building: addBuilding(world).id, is_used_additional_external_id: true });
    const other = addUnit(world, { building: null, is_used_additional_external_id: true });
    const kept = addTenantContract(world, { unit: unit.id, client });
    addTenantContract(world, { unit: other.id, client });
    const one = await start(world, {}, withoutCatalog);
    one.alma.faults.add({ path: new RegExp(`units/${other.id}/$`), as: { status: 500 } });
    const byUnit = await one.query(
      "{ tenantContracts(filter: { rentalObjectWhere: { number: { isNull: false } } }) { nodes { almaId } } }",
    );
    expect(byUnit.data.tenantContracts.nodes).toEqual([{ almaId: kept.id }]);
    expect(faultsOf(byUnit)).toEqual([["tenantContracts", "ALMA_UNAVAILABLE"]]);
    expect(byUnit.errors?.[0]?.message).toContain(`Unit:${other.id}`);
  });

  test("leave it open whether their unit is vacant, and no other", async () => {
    const world = new World();
    const client = addClient(world).id;
    const units = [1, 2].map(() => addUnit(world, { is_used_additional_external_id: true }));
    const [first, second] = units as [UnitRow, UnitRow];
    addTenantContract(world, { unit: first.id, client });
    const contract = addTenantContract(world, { unit: second.id, client });
    const one = await start(world, {}, { CATALOG: "off", MAX_AGE: "0", CATALOG_MAX_AGE: "1" });
    const vacant = '{ rentalObjects(filter: { isVacantOn: "2040-01-01" }) { nodes { almaId } } }';
    expect((await one.query(vacant)).data.rentalObjects.nodes).toHaveLength(2);
    one.alma.faults.add({ path: new RegExp(`tenant_contracts/${contract.id}/$`), as: { status: 500 } });
    await advance(2_000);
    const answer = await one.query(vacant);
    expect(answer.data.rentalObjects.nodes).toEqual([{ almaId: first.id }]);
    expect(faultsOf(answer)).toEqual([["rentalObjects", "ALMA_UNAVAILABLE"]]);
    const field = await one.query('{ rentalObjects { nodes { almaId isVacant(on: "2040-01-01") } } }');
    expect(field.data.rentalObjects.nodes).toEqual([
      { almaId: second.id, isVacant: null },
      { almaId: first.id, isVacant: true },
    ]);
    expect(faultsOf(field)).toEqual([["rentalObjects.nodes.0.isVacant", "ALMA_UNAVAILABLE"]]);
  });
});
