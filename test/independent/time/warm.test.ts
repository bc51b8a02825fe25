import { describe, expect, test } from "vitest";
import { until } from "../../support/clock.ts";
import { portfolio } from "../alma/portfolio.ts";
import { addRoom, addUnit } from "../alma/row.ts";
import type { RoomRow, TenantContractRow, UnitRow } from "../alma/world.ts";
import { faultsOf, type Stage, stages } from "../gateway.ts";

const size = { buildings: 5, units: 60, rooms: 80, clients: 30, tenantContracts: 90, ownerContracts: 20 };
const start = stages({ CATALOG: "on" }, () => portfolio(size));
const units = ({ alma }: Stage) => [...alma.world.units.values()] as UnitRow[];
const details = (paths: readonly string[]) => paths.filter((path) => /\d\/$/.test(path));

describe("during the warm-up", () => {
  test("a query that needs all records of a type waits for them; its type is read first, and nothing twice", async () => {
    const one = await start({ WARM_UP_CONCURRENCY: "2", ALMA_CONCURRENCY: "2" });
    one.alma.latency = 5;
    const answer = await one.query(`{ tenantContracts(filter: { price: { gte: "5000" } }) { totalCount } }`);
    expect(answer.errors).toBeUndefined();
    const right = [...one.alma.world.tenant_contracts.values()].filter(
      ({ price }) => Number(price) >= 5000,
    ).length;
    expect(answer.data.tenantContracts.totalCount).toBe(right);
    const before = details(one.alma.paths());
    // The type that a query waits for goes first: most of the rooms are not read yet.
    expect(before.filter((path) => path.includes("tenant_contracts")).length).toBe(size.tenantContracts);
    expect(one.gateway.catalog.progress().warm).toBe(false);
    await one.warm();
    const all = [...before, ...details(one.alma.paths())];
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(Object.values(size).reduce((sum, count) => sum + count));
  });

  test("a query does not wait beyond its deadline, and its error has the progress", async () => {
    const one = await start({ WARM_UP_CONCURRENCY: "1", ALMA_CONCURRENCY: "1", DEADLINE: "0.8" });
    one.alma.latency = 40;
    const answer = await one.query(
      `{ tenantContracts(filter: { price: { gte: "1" } }) { totalCount } clients { totalCount } }`,
    );
    expect(answer.data).toEqual({ tenantContracts: null, clients: { totalCount: size.clients } });
    expect(faultsOf(answer)).toEqual([["tenantContracts", "CATALOG_WARMING"]]);
    expect(answer.errors?.[0]?.message).toMatch(/\(\d+ of 90 so far\)/);
  });

  test("a query that needs a list or a single record does not wait", async () => {
    const one = await start({ WARM_UP_CONCURRENCY: "1" });
    one.alma.latency = 20;
    const [unit] = units(one);
    const answer = await one.query(
      `{ units(first: 1) { totalCount nodes { name } } unit(ref: { almaId: ${unit?.id} }) { number } }`,
    );
    expect(answer.data.unit.number).toBe(unit?.number);
    expect(one.gateway.catalog.progress().warm).toBe(false);
  });

  test("at most WARM_UP_CONCURRENCY calls and the six lists are in progress", async () => {
    const one = await start({ WARM_UP_CONCURRENCY: "3" });
    one.alma.latency = 5;
    await one.warm();
    // The six lists are read concurrently.
    expect(one.alma.peak).toBeLessThanOrEqual(6);
  });
});

describe("after the warm-up", () => {
  /** Reads lists every half second, and details before they are 0.5 s old or as fast as 100 calls per second allow. */
  const lively = { CATALOG_MAX_AGE: "1", CLOSED_MAX_AGE: "1", REFRESH_RATE: "100" };

  test("changes by other systems are shown in time: added, changed, moved and removed records", async () => {
    const one = await start(lively);
    await one.warm();
    const { world } = one.alma;
    const [first, second] = units(one) as [UnitRow, UnitRow];
    const added = addUnit(world, { building: first.building, external_id: "new" });
    addRoom(world, { parent_unit: added.id, name: "Neu" });
    first.name = "переименован";
    const [room] = [...world.rooms.values()].filter((one) => one.parent_unit === second.id) as [RoomRow] | [];
    if (room) room.parent_unit = first.id;
    const [gone] = [...world.clients.values()].slice(-1);
    world.clients.delete(gone?.id ?? 0);
    await until(async () => {
      const { data } =
        await one.query(`{ units(filter: { almaId: { in: [${first.id}, ${added.id}] } }) { nodes { name rooms { nodes { almaId } } } }
        clients { totalCount } }`);
      const rooms = (id: number) =>
        [...world.rooms.values()]
          .filter((one) => one.parent_unit === id)
          .reverse()
          .map(({ id }) => ({ almaId: id }));
      const right = {
        units: { nodes: [added, first].map(({ id, name }) => ({ name, rooms: { nodes: rooms(id) } })) },
        clients: { totalCount: size.clients - 1 },
      };
      return JSON.stringify(data) === JSON.stringify(right);
    });
  });

  test("a change of an archived contract is shown in time", async () => {
    const one = await start(lively);
    await one.warm();
    const contracts = [...one.alma.world.tenant_contracts.values()];
    const archived = contracts.find(({ usage }) => usage?.is_archived) as TenantContractRow;
    archived.price = "7777.00";
    await until(async () => {
      const { data } = await one.query(
        `{ tenantContracts(filter: { isArchived: true, price: { eq: "7777" } }) { nodes { almaId } } }`,
      );
      return JSON.stringify(data.tenantContracts.nodes) === JSON.stringify([{ almaId: archived.id }]);
    });
  });

  test("the refresh stays within REFRESH_RATE", async () => {
    const one = await start({ CATALOG_MAX_AGE: "1", REFRESH_RATE: "40" });
    await one.warm();
    one.alma.asked();
    const from = performance.now();
    await until(() => performance.now() - from > 2_500);
    const asked = one.alma.asked();
    const seconds = (performance.now() - from) / 1000;
    expect(asked.length).toBeLessThanOrEqual(40 * (seconds + 1));
    // It never idles: more details are old than the rate limit allows to read.
    expect(asked.length).toBeGreaterThanOrEqual(20 * (seconds - 1));
  });

  test("a ref that the catalog does not know is read from Alma before it is null", async () => {
    const one = await start();
    await one.warm();
    const added = addUnit(one.alma.world, { external_id: "just-made" });
    const found = await one.counted(`{ unit(ref: { almaId: ${added.id} }) { number } }`);
    expect(found).toMatchObject({ data: { unit: { number: added.number } }, calls: 1 });
    const byBitrix = await one.counted(`{ unit(ref: { externalId: "just-made" }) { number } }`);
    expect(byBitrix).toMatchObject({ data: { unit: { number: added.number } }, calls: 1 });
    const none = await one.counted(`{ unit(ref: { almaId: 999999 }) { number } }`);
    expect(none).toMatchObject({ data: { unit: null }, calls: 1 });
    const again = await one.counted(`{ unit(ref: { almaId: 999999 }) { number } }`);
    expect(again).toMatchObject({ data: { unit: null }, calls: 0 });
  });
});
