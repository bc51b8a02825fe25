import { afterAll, describe, expect, test } from "vitest";
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
import { type Stage, stage } from "../gateway.ts";
import { covers, dayOf, lettingModel, lettingWorld } from "../letting-world.ts";

const open: Stage[] = [];
afterAll(() => Promise.all(open.map(({ close }) => close())));

async function start(world: World, quirks = {}, catalog = "on") {
  const one = await stage(world, { quirks, env: { CATALOG: catalog, PRICE_PERIOD: "month" } });
  open.push(one);
  if (catalog === "on") await one.warm();
  return one;
}

async function ask({ query }: Stage, text: string) {
  const { data, errors } = await query(text);
  expect(errors).toBeUndefined();
  return data;
}

const nodes = (body: string) => `{ rentalObjects(first: 500) { nodes { almaId ${body} } } }`;

describe.each([
  [11, {}, "on"],
  [12, { ...contrary, listsArchived: true }, "on"],
  [13, {}, "off"],
])("in portfolio %i", (seed, quirks, catalog) => {
  const world = lettingWorld(seed);
  const model = lettingModel(world);
  const rows = [...model.objects].sort((one, other) => other.id - one.id);
  const owners = [...world.owner_contracts.values()];
  const latestFirst = (one: OwnerContractRow, other: OwnerContractRow) =>
    (other.start_date ?? "").localeCompare(one.start_date ?? "") || other.id - one.id;

  test("units and rooms have lettability, vacancy, owner and next contract", async () => {
    const one = await start(world, quirks, catalog);
    for (const index of [-3, 20, 77, 130, 250]) {
      const day = dayOf(index);
      const on = `(on: "${day}")`;
      const answer = await ask(
        one,
        nodes(`isLettable isVacant${on} vacantSince${on} vacantDays${on} unit { almaId } owner${on} { almaId }
          nextTenantContract${on} { almaId }`),
      );
      const expected = rows.map((row) => {
        const since = model.vacantSince(row, day);
        const unit = model.unitOf(row);
        const [owner] = owners
          .filter((contract) => contract.usage?.unit === unit?.id && unit && covers(contract, day))
          .sort(latestFirst);
        const ownerId = owner?.usage?.client ?? null;
        const [next] = model
          .contractsOf(row)
          .filter(
            ({ usage, start_date }) => usage?.unit === row.id && start_date !== null && start_date > day,
          )
          .filter((contract) => covers(contract, contract.start_date ?? ""))
          .sort((a, b) => (a.start_date ?? "").localeCompare(b.start_date ?? "") || b.id - a.id);
        return {
          almaId: row.id,
          isLettable: model.isLettable(row),
          isVacant: model.isVacant(row, day),
          vacantSince: since,
          vacantDays: since && (Date.parse(day) - Date.parse(since)) / 86_400_000 + 1,
          unit: unit ? { almaId: unit.id } : null,
          owner: ownerId === null ? null : { almaId: ownerId },
          nextTenantContract: next ? { almaId: next.id } : null,
        };
      });
      expect(answer.rentalObjects.nodes, day).toEqual(expected);
    }
  });

  test("an owner contract lists what was let on its unit and the unit's rooms, on days that both contracts cover", async () => {
    const one = await start(world, quirks, catalog);
    for (const [from, to] of [
      [0, 30],
      [40, 180],
      [-100, 400],
    ]) {
      const days = `from: "${dayOf(from as number)}", to: "${dayOf(to as number)}"`;
      const answer = await ask(
        one,
        `{ ownerContracts { nodes { almaId lettings(${days}) { from to days rent contract { almaId rentBetween(${days}) } } } } }`,
      );
      for (const { almaId, lettings } of answer.ownerContracts.nodes) {
        const owner = world.owner_contracts.get(almaId) as OwnerContractRow;
        const unit = world.units.get(owner.usage?.unit ?? 0);
        const counted = (contract: TenantContractRow) =>
          Array.from({ length: (to as number) - (from as number) + 1 }, (_, i) =>
            dayOf((from as number) + i),
          ).filter((day) => covers(contract, day) && covers(owner, day));
        const expected = (unit ? model.contractsOf(unit) : [])
          .map((contract) => ({ almaId: contract.id, days: counted(contract) }))
          .filter(({ days }) => days.length > 0)
          .sort((a, b) => (a.days[0] as string).localeCompare(b.days[0] as string) || b.almaId - a.almaId)
          .map(({ almaId, days }) => [almaId, days[0], days.at(-1), days.length]);
        expect(
          lettings.map((row: { contract: { almaId: number }; from: string; to: string; days: number }) => [
            row.contract.almaId,
            row.from,
            row.to,
            row.days,
          ]),
        ).toEqual(expected);
      }
    }
  });
});

/** A unit A let as a whole, a unit B with rooms B1, B2 and an archived B3, and a unit C without rooms and flag. */
function portfolio() {
  const world = new World();
  const building = addBuilding(world).id;
  const client = addClient(world).id;
  const a = addUnit(world, { name: "A", building, is_used_additional_external_id: true }).id;
  const b = addUnit(world, { name: "B", building }).id;
  const [b1 = 0] = ["B1", "B2", "B3"]
    .map((name) => addRoom(world, { name, parent_unit: b, is_archived: name === "B3" }))
    .map(({ id }) => id);
  const c = addUnit(world, { name: "C", building, is_used_additional_external_id: null }).id;
  const lease = (unit: number, start_date: string, end_date: string | null, price = "0.00") =>
    addTenantContract(world, { unit, client }, { start_date, end_date, price });
  return { world, a, b, b1, c, client, lease };
}

describe("by the terms", () => {
  const names = async (one: Stage, filter: string) =>
    (
      await ask(one, `{ rentalObjects(filter: ${filter}, orderBy: [{ field: NAME }]) { nodes { name } } }`)
    ).rentalObjects.nodes.map(({ name }: { name: string }) => name);

  test("a unit let as a whole, one without rooms, and the rooms of another that are not archived can be let", async () => {
    const { world, a, b1, lease } = portfolio();
    lease(a, "2026-01-01", "2026-12-31");
    lease(b1, "2026-01-01", "2026-12-31");
    const one = await start(world);
    expect(await names(one, "{ isLettable: true }")).toEqual(["A", "B1", "B2", "C"]);
    expect(await names(one, '{ isVacantOn: "2026-06-01" }')).toEqual(["B2", "C"]);
  });

  test("a contract on a unit as a whole occupies its rooms", async () => {
    const { world, a, b, lease } = portfolio();
    lease(a, "2026-01-01", "2026-12-31");
    lease(b, "2026-01-01", "2026-12-31");
    const one = await start(world);
    expect(await names(one, '{ isVacantOn: "2026-06-01" }')).toEqual(["C"]);
  });

  test("an object let until 31 March is vacant on 3 April since the first, for three days", async () => {
    const { world, c, lease } = portfolio();
    lease(c, "2026-01-01", "2026-03-31");
    const one = await start(world);
    const { unit } = await ask(
      one,
      `{ unit(ref: { almaId: ${c} }) { vacantSince(on: "2026-04-03") vacantDays(on: "2026-04-03") } }`,
    );
    expect(unit).toEqual({ vacantSince: "2026-04-01", vacantDays: 3 });
  });

  test("an owner from January to June has June of a tenant from May to October, asked for June and July", async () => {
    const { world, b, b1, client, lease } = portfolio();
    const dates = { start_date: "2026-01-01", end_date: "2026-06-30" };
    const owner = addOwnerContract(world, { unit: b, client }, dates);
    const contract = lease(b1, "2026-05-01", "2026-10-31", "3000.00");
    const one = await start(world, {}, "off");
    const { ownerContract } = await ask(
      one,
      `{ ownerContract(ref: { almaId: ${owner.id} }) {
        lettings(from: "2026-06-01", to: "2026-07-31") { contract { almaId } from to days rent }
      } }`,
    );
    const row = { from: "2026-06-01", to: "2026-06-30", days: 30, rent: "3000.00" };
    expect(ownerContract.lettings).toEqual([{ contract: { almaId: contract.id }, ...row }]);
  });
});

test("explanations bound the calls for letting fields; a warm catalog needs none", async () => {
  const day = dayOf(60);
  const asked = [
    `{ rentalObjects(filter: { isVacantOn: "${day}" }) { totalCount } }`,
    `{ rooms(first: 3) { nodes { isLettable isVacant(on: "${day}") owner { lastName } unit { address } } } }`,
    `{ units(first: 2) { nodes { vacantDays(on: "${day}") nextTenantContract(on: "${day}") { price } } } }`,
    `{ ownerContracts(first: 2) { nodes { lettings(from: "${dayOf(0)}", to: "${day}") { days contract { price } } } } }`,
    '{ tenantContracts(filter: { clientWhere: { search: "haddad" }, rentalObjectWhere: { isLettable: true } }) { totalCount } }',
  ];
  const warm = await start(lettingWorld(21));
  for (const query of asked) {
    const cold = await stage(lettingWorld(21), { env: { CATALOG: "off" } });
    open.push(cold);
    const explained = await cold.query(`query Q @explain ${query}`);
    const { exact, total } = explained.extensions.explain;
    const { calls, data } = await cold.counted(query);
    expect(calls, query).toBeGreaterThan(0);
    if (exact) expect(calls, query).toBe(total.expected);
    expect(await warm.counted(query)).toEqual({ calls: 0, data });
  }
});
