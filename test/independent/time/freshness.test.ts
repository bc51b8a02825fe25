import { describe, expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { day } from "../../support/day.ts";
import type { Answer } from "../../support/gateway.ts";
import { portfolio } from "../alma/portfolio.ts";
import type { TenantContractRow, UnitRow } from "../alma/world.ts";
import { codes, type Stage, stages } from "../gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({ CATALOG: "on" }, () => portfolio(size));
const units = ({ alma }: Stage) => [...alma.world.units.values()] as UnitRow[];

describe("@freshness", () => {
  test("a smaller maxAge of rows reads the records of the page again, and no others", async () => {
    const one = await start();
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    unit.number = "changed";
    const query = (freshness: string) =>
      `query A ${freshness} { units(filter: { almaId: { eq: ${unit.id} } }) { nodes { number } } }`;
    expect((await one.counted(query(""))).data.units.nodes).toEqual([{ number: String(unit.id) }]);
    advance(1_100);
    const tight = await one.counted(query("@freshness(maxAge: 1, of: ROWS)"));
    expect(tight.data.units.nodes).toEqual([{ number: "changed" }]);
    expect(tight.calls).toBe(1);
    expect((await one.counted(query("@freshness(maxAge: 60)"))).calls).toBe(0);
  });

  test("a record that no longer belongs is dropped from the page", async () => {
    const one = await start();
    await one.warm();
    const rented = units(one).filter(({ status }) => status === "rented");
    const [left] = rented as [UnitRow];
    left.status = "blocked";
    advance(1_100);
    const { data, calls } = await one.counted(
      `query A @freshness(maxAge: 1, of: ROWS) { units(first: 100, filter: { status: { eq: "rented" } }) { nodes { almaId } } }`,
    );
    expect(calls).toBe(rented.length);
    expect(data.units.nodes).toHaveLength(rented.length - 1);
    expect(data.units.nodes).not.toContainEqual({ almaId: left.id });
  });

  test.each(["on", "off"])(
    "a maxAge bounds what belongs, in which order, and what is absent (catalog %s)",
    async (catalog) => {
      const one = await start({ CATALOG: catalog });
      const contracts = [...one.alma.world.tenant_contracts.values()];
      const rows = units(one);
      const [left, entered] = rows as [UnitRow, UnitRow];
      const today = day(0);
      const covering = { start_date: "2020-01-01", end_date: "2090-01-01" };
      for (const unit of [left, entered])
        Object.assign(unit, { is_archived: false, is_used_additional_external_id: true });
      for (const { usage } of contracts) if (usage) usage.is_archived = false;
      for (const contract of contracts) contract.end_date = "2021-01-01";
      const [moved, ended, gone] = contracts as [TenantContractRow, TenantContractRow, TenantContractRow];
      const usage = (unit: UnitRow) => ({ ...(moved.usage as object), unit: unit.id, is_archived: false });
      Object.assign(moved, covering, { usage: usage(left), price: "1.00" });
      Object.assign(ended, covering, { usage: usage(left) });
      const query = (directive: string) => `query A ${directive} {
      left: unit(ref: { almaId: ${left.id} }) { isVacant currentTenantContract { almaId } tenantContracts(filter: { activeOn: "${today}" }) { totalCount nodes { almaId } } }
      entered: unit(ref: { almaId: ${entered.id} }) { isVacant currentTenantContract { almaId } }
      let: units(filter: { hasContractOn: "${today}" }) { totalCount nodes { almaId } }
      tenantContracts(orderBy: [{ field: PRICE, direction: DESC }], first: 1) { totalCount nodes { almaId } groups(by: [{ field: STATE }]) { nodes { count keys { state } } } }
    }`;
      await one.warm();
      await one.query(query(""));
      // Another system moves a contract to another unit and makes it the most expensive, ends one, and deletes one.
      Object.assign(moved, { usage: usage(entered), price: "900000.00" });
      ended.end_date = "2021-01-01";
      one.alma.world.tenant_contracts.delete(gone.id);
      advance(5_100);
      const { data, errors } = await one.query(query("@freshness(maxAge: 5)"));
      expect(errors).toBeUndefined();
      expect(data).toEqual({
        left: { isVacant: true, currentTenantContract: null, tenantContracts: { totalCount: 0, nodes: [] } },
        entered: { isVacant: false, currentTenantContract: { almaId: moved.id } },
        let: { totalCount: 1, nodes: [{ almaId: entered.id }] },
        tenantContracts: {
          totalCount: size.tenantContracts - 1,
          nodes: [{ almaId: moved.id }],
          groups: {
            nodes: [
              { count: 1, keys: { state: "ACTIVE" } },
              { count: size.tenantContracts - 2, keys: { state: "ENDED" } },
            ],
          },
        },
      });
      // A query without an age uses what is known by then; one with that age needs no calls.
      expect((await one.query(query("@freshness(maxAge: 60)"))).extensions.alma.calls).toBe(0);
    },
  );

  test("a maxAge that takes too many calls is refused, with the cost and the least age that fits", async () => {
    const one = await start({ MAX_CALLS: "20" });
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const asked = (directive: string) =>
      one.query(
        `query A ${directive} { unit(ref: { almaId: ${unit.id} }) { tenantContracts { totalCount nodes { price } } } }`,
      );
    advance(20_000);
    one.alma.asked();
    const refused = await asked("@freshness(maxAge: 5)");
    expect(refused.data).toBeNull();
    expect(codes(refused)).toEqual(["CALL_BUDGET_EXCEEDED"]);
    const message = refused.errors?.[0]?.message ?? "";
    expect(message).toContain(`needs at least ${1 + 1 + size.tenantContracts} calls`);
    expect(message).toContain("of: ROWS");
    const advised = Number(/maxAge: (\d+)/.exec(message)?.[1]);
    expect((await asked(`@freshness(maxAge: ${advised})`)).errors).toBeUndefined();
    expect((await asked("@freshness(maxAge: 5, of: ROWS)")).errors).toBeUndefined();
  });

  test("a larger maxAge applies to named records as well", async () => {
    const one = await start({ MAX_AGE: "0.001" });
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const query = (freshness: string) =>
      `query A ${freshness} { unit(ref: { almaId: ${unit.id} }) { number building { address } } }`;
    expect((await one.counted(query("@freshness(maxAge: 60)"))).calls).toBe(0);
    expect((await one.counted(query(""))).calls).toBe(2);
  });

  test("the age may be a variable, and its default counts", async () => {
    const one = await start();
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const query = `query A($age: Int = 0) @freshness(maxAge: $age) { unit(ref: { almaId: ${unit.id} }) { number } }`;
    unit.number = "changed";
    expect((await one.counted(query)).data).toEqual({ unit: { number: "changed" } });
    unit.number = "changed again";
    expect((await one.counted(query, { age: 60 })).data).toEqual({ unit: { number: "changed" } });
    expect((await one.counted(query, { age: 0 })).data).toEqual({ unit: { number: "changed again" } });
  });

  test("maxAge 0 reads everything that the answer rests on once, indexes included", async () => {
    const one = await start();
    await one.warm();
    const [unit] = units(one) as [UnitRow];
    const before = Date.now();
    const query = `query A @freshness(maxAge: 0) { unit(ref: { almaId: ${unit.id} }) { number rooms { asOf nodes { name number } } } }`;
    const answer = await one.counted(query);
    expect(answer.calls).toBe(1 + 1 + size.rooms);
    expect(Date.parse(answer.data.unit.rooms.asOf)).toBeGreaterThanOrEqual(before - 1);
    const all = await one.counted(`query A @freshness(maxAge: 0) { units(first: 100) { nodes { name } } }`);
    expect(all.calls).toBe(1);
  });

  test.each(["on", "off"])("a deleted record is not shown again (catalog %s)", async (catalog) => {
    const one = await start({ CATALOG: catalog });
    await one.warm();
    const [{ id, external_id, building }] = units(one) as [UnitRow];
    const ways = `{ byId: unit(ref: { almaId: ${id} }) { number } byBitrixId: unit(ref: { externalId: "${external_id}" }) { number }
      node(id: "Unit:${id}") { id } building(ref: { almaId: ${building} }) { units(filter: { almaId: { eq: ${id} } }) { totalCount } } }`;
    const there = { number: String(id) };
    expect((await one.query(ways)).data).toEqual({
      byId: there,
      byBitrixId: there,
      node: { id: `Unit:${id}` },
      building: { units: { totalCount: 1 } },
    });
    one.alma.world.units.delete(id);
    const now = await one.query(`query A @freshness(maxAge: 0) { unit(ref: { almaId: ${id} }) { number } }`);
    expect(now.data).toEqual({ unit: null });
    const { data, calls } = await one.counted(ways);
    expect(data).toEqual({
      byId: null,
      byBitrixId: null,
      node: null,
      building: { units: { totalCount: 0 } },
    });
    expect(calls).toBe(0);
  });

  test.each(["on", "off"])(
    "an archived contract is as old as its own reading, whatever lists have shown since (catalog %s)",
    async (catalog) => {
      const one = await start({ CATALOG: catalog });
      // There is no other contract whose age could be shown instead.
      const contracts = [...one.alma.world.tenant_contracts.values()];
      for (const { usage } of contracts) if (usage) usage.is_archived = true;
      const [contract] = contracts as [TenantContractRow];
      await one.warm();
      const named = `{ tenantContract(ref: { almaId: ${contract.id} }) { price } }`;
      const found = `{ tenantContracts(filter: { almaId: { eq: ${contract.id} }, isArchived: true }) { asOf nodes { price } } }`;
      await one.counted(`{ tenantContracts(filter: { isArchived: true }) { totalCount } }`);
      const price = (await one.counted(named)).data.tenantContract.price;
      contract.price = "7777.00";
      const before = Date.now();
      advance(31_000);
      await one.counted("query A @freshness(maxAge: 1) { tenantContracts(first: 1) { nodes { number } } }");
      const { data, extensions } = await one.query(found);
      expect(data.tenantContracts.nodes).toEqual([{ price }]);
      expect(Date.parse(data.tenantContracts.asOf)).toBeLessThanOrEqual(before);
      expect(Date.parse(extensions.alma.oldest ?? "")).toBeLessThanOrEqual(before);
      const tight = await one.counted(`query A @freshness(maxAge: 10, of: ROWS) ${found}`);
      expect(tight.data.tenantContracts.nodes).toEqual([{ price: "7777.00" }]);
      expect(tight.calls).toBe(1);
      contract.price = "8888.00";
      advance(31_000);
      await one.counted("query A @freshness(maxAge: 1) { tenantContracts(first: 1) { nodes { number } } }");
      expect((await one.counted(named)).data).toEqual({ tenantContract: { price: "8888.00" } });
    },
  );

  test("a filter and a selection of list fields alone cost the list", async () => {
    const one = await start();
    await one.warm();
    advance(1_100);
    const filter = 'filter: { name: { contains: "N" } }';
    const shown = async (fields: string) => {
      const query = `query A @freshness(maxAge: 1, of: ROWS) { units(first: 9, ${filter}) { nodes { ${fields} } edges { node { ${fields} } } } }`;
      const { data, extensions } = await one.query(query);
      expect(data.units.edges).toHaveLength(9);
      return extensions.alma.calls;
    };
    expect(await shown("name")).toBe(1);
    expect(await shown("name")).toBe(0);
    advance(1_100);
    expect(await shown("number")).toBe(9);
    const off = await start({ CATALOG: "off", MAX_CALLS: "1" });
    expect(
      (await off.query(`query A @freshness(maxAge: 60) { units(${filter}) { nodes { name } } }`)).errors,
    ).toBe(undefined);
  });

  test("consecutive pages leave no record out, whatever a re-read finds", async () => {
    const one = await start();
    await one.warm();
    const rows = units(one);
    const ids = rows.map(({ id }) => id).slice(0, 6);
    const page = async (after: string | null) => {
      const query = `query A($after: String) @freshness(maxAge: 1, of: ROWS) {
        units(first: 2, after: $after, filter: { number: { in: [${ids.map((id) => `"${id}"`)}, "last"] } }, orderBy: [{ field: NUMBER }]) {
          edges { cursor node { almaId } } pageInfo { hasNextPage endCursor } } }`;
      return (await one.query(query, { after })).data.units;
    };
    advance(1_100);
    // One record moves to the end of the order; both records of the second page no longer match.
    for (const [index, number] of [
      [1, "last"],
      [2, "none"],
      [3, "none"],
    ] as const)
      (rows[index] as UnitRow).number = number;
    const found: number[] = [];
    const sizes: number[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { edges, pageInfo } = await page(after);
      sizes.push(edges.length);
      found.push(...edges.map(({ node }: { node: { almaId: number } }) => node.almaId));
      expect(pageInfo.endCursor).not.toBeNull();
      ({ endCursor: after, hasNextPage: more } = pageInfo);
    }
    // The moved record appears again at its new place.
    expect(sizes).toEqual([2, 0, 2, 1]);
    expect(found).toEqual([0, 1, 4, 5, 1].map((index) => ids[index]));
  });

  test("asOf is as old as the oldest deciding read, of other kinds too", async () => {
    const one = await start({ CATALOG: "off" });
    const [contract] = one.alma.world.tenant_contracts.values();
    const object = contract?.usage?.unit ?? 0;
    const unit = one.alma.world.rooms.get(object)?.parent_unit ?? object;
    const building = one.alma.world.units.get(unit)?.building ?? 0;
    const bitrixId = one.alma.world.clients.get(contract?.usage?.client ?? 0)?.external_id;
    const asOf = (answer: Answer) => {
      expect(answer.errors).toBeUndefined();
      const [{ tenantContracts, ...parent }] = Object.values(answer.data) as [{ tenantContracts?: object }];
      return Date.parse(((tenantContracts ?? parent) as { asOf: string }).asOf);
    };
    await one.query('{ units(filter: { status: { ne: "" } }) { totalCount } }');
    await one.query('{ rooms(filter: { status: { ne: "" } }) { totalCount } }');
    await one.query(`{ client(ref: { externalId: "${bitrixId}" }) { firstName } }`);
    const between = Date.now();
    advance(30);
    for (const query of [
      `{ tenantContracts(filter: { building: { almaId: ${building} } }) { asOf } }`,
      `{ unit(ref: { almaId: ${unit} }) { tenantContracts(includeRooms: true) { asOf } } }`,
      `{ tenantContracts(filter: { client: { externalId: "${bitrixId}" } }) { asOf } }`,
    ])
      expect(asOf(await one.query(query))).toBeLessThanOrEqual(between);
    expect(
      asOf(await one.query("{ tenantContracts(filter: { price: { gte: 0 } }) { asOf } }")),
    ).toBeGreaterThan(between);
  });
});
