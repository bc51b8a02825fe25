import { describe, expect, test } from "vitest";
import { until } from "../../support/clock.ts";
import type { Fault } from "../alma/fault.ts";
import { portfolio } from "../alma/portfolio.ts";
import type { UnitRow } from "../alma/world.ts";
import { codes, faultsOf, type Stage, stages } from "../gateway.ts";

const size = { buildings: 5, units: 40, rooms: 60, clients: 30, tenantContracts: 80, ownerContracts: 20 };
const lively = { CATALOG: "on", CATALOG_MAX_AGE: "1", REFRESH_RATE: "400" };
const start = stages(lively, () => portfolio(size));

/** Alma's list of owner contracts answers 400. */
const badList = (): Fault => ({ path: /owner_contracts\/$/, as: { status: 400 } });

const filtered = `{ units(filter: { number: { ne: "" } }) { totalCount nodes { almaId name } } }`;
const owners = "{ ownerContracts { totalCount } units { totalCount } }";

/** Changes a unit as another system would, and waits until the gateway shows it. */
async function seesChanges({ alma, query }: Stage): Promise<void> {
  const [unit] = [...alma.world.units.values()] as [UnitRow];
  unit.name = `changed at ${performance.now()}`;
  await until(async () => {
    const { data } = await query(filtered);
    return data.units.nodes.some((one: { name: string }) => one.name === unit.name);
  });
}

describe("one of Alma's lists fails", () => {
  test("from the start: everything else is read, answered and refreshed; the list follows when it works again", async () => {
    const stage = await start({}, {}, [badList()]);
    const { gateway, query, alma } = stage;
    const answer = await query(filtered);
    expect(answer.errors).toBeUndefined();
    expect(answer.data.units.totalCount).toBe(size.units);
    await seesChanges(stage);
    const fails = await query(owners);
    expect(fails.data).toEqual({ ownerContracts: null, units: { totalCount: size.units } });
    expect(faultsOf(fails)).toEqual([["ownerContracts", "ALMA_BAD_ANSWER"]]);
    const { warm, kinds } = gateway.catalog.progress();
    expect(warm).toBe(false);
    expect(kinds.filter(({ failure }) => failure !== undefined).map(({ kind }) => kind)).toEqual([
      "ownerContract",
    ]);
    alma.faults.clear();
    await stage.warm();
    expect((await query(owners)).data.ownerContracts.totalCount).toBe(size.ownerContracts);
  });

  test("later: its records are served up to their maximum age, and not beyond it", async () => {
    const stage = await start();
    await stage.warm();
    stage.alma.faults.add(badList());
    expect((await stage.query(owners)).errors).toBeUndefined();
    await until(async () => codes(await stage.query(owners)).length > 0);
    const fails = await stage.query(owners);
    expect(faultsOf(fails)).toEqual([["ownerContracts", "ALMA_BAD_ANSWER"]]);
    expect(fails.data.units.totalCount).toBe(size.units);
    await seesChanges(stage);
  });
});
