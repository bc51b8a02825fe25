import { describe, expect, test } from "vitest";
import { advance } from "../../support/clock.ts";
import { has } from "../../support/has.ts";
import { addBuilding, addClient, addTenantContract, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { stages } from "../gateway.ts";

/** Three contracts: one intact, one with a missing client, and one on a missing unit or room. */
function town(): World {
  const world = new World();
  addBuilding(world, { id: 1 });
  addClient(world, { id: 1 });
  addUnit(world, { id: 10, building: 1 });
  addUnit(world, { id: 11, building: 1 });
  const days = { start_date: "2020-01-01", end_date: "2098-01-01", price: "100" };
  addTenantContract(world, { unit: 10, client: 1 }, { id: 901, ...days });
  addTenantContract(world, { unit: 11, client: 999 }, { id: 902, ...days });
  addTenantContract(world, { unit: 777, client: 1 }, { id: 903, ...days });
  return world;
}

const start = stages({ PRICE_PERIOD: "month", REPORTS: "" }, town);
const contracts = `{ tenantContracts { nodes { almaId client { almaId firstName email }
  rentalObject { name isVacant isLettable owner { almaId } building { name } } } } }`;

describe.each(["on", "off"])("a reference to a record that Alma does not have (catalog %s)", (catalog) => {
  const begin = async () => {
    const one = await start({ CATALOG: catalog });
    if (catalog === "on") await one.warm();
    return one;
  };

  test("is null where it is shown, and no error", async () => {
    const { query } = await begin();
    const { data, errors } = await query(contracts);
    expect(errors).toBeUndefined();
    const [unplaced, unknownClient, whole] = data.tenantContracts.nodes;
    expect(unplaced).toMatchObject({ almaId: 903, rentalObject: null, client: { firstName: "First 1" } });
    expect(unknownClient).toMatchObject({
      almaId: 902,
      client: { almaId: 999, firstName: null, email: null },
      rentalObject: { name: "N11", isVacant: false },
    });
    expect(whole).toMatchObject({ client: { firstName: "First 1" }, rentalObject: { name: "N10" } });
  });

  if (has("reports") && has("issues"))
    test("leaves its cells empty in reports, and is in the data quality report", async () => {
      const { address } = await begin();
      const linesOf = async (path: string) => {
        const response = await fetch(`${address}/reports/${path}`);
        expect([path, response.status]).toEqual([path, 200]);
        return (await response.text()).trim().split("\r\n").slice(1);
      };
      const ends = await linesOf("ends.csv?from=2098-01-01&until=2098-01-01");
      expect(ends.map((line) => line.split(",").slice(1, 8))).toEqual([
        ["Building 1", "N10", "N10", "Unit:10", "First 1", "Last 1", "Client:1"],
        ["Building 1", "N11", "N11", "Unit:11", "", "", "Client:999"],
        ["", "", "", "", "First 1", "Last 1", "Client:1"],
      ]);
      const roll = await linesOf("rent-roll.csv");
      expect(roll.map((line) => line.split(",").slice(1, 11))).toEqual([
        ["N10", "1", "N10", "false", "available", "1200.50", "", "First 1", "Last 1", "2020-01-01"],
        ["N11", "1", "N11", "false", "available", "1200.50", "", "", "", "2020-01-01"],
      ]);
      const issues = (await linesOf("data-quality.csv")).filter((line) =>
        line.startsWith("REFERENCE_NOT_LISTED"),
      );
      expect(issues.map((line) => /,(\w+:\d+),/.exec(line)?.[1])).toEqual([
        "TenantContract:903",
        "TenantContract:902",
      ]);
    });

  test("is null once the record is removed, and a record once there is one", async () => {
    const { alma, query } = await begin();
    await query(contracts);
    const unit = alma.world.units.get(11);
    alma.world.units.delete(11);
    addClient(alma.world, { id: 999 });
    advance(1_000);
    const ask = () => query(contracts.replace("{", "query Q @freshness(maxAge: 0) {"));
    const { data, errors } = await ask();
    expect(errors).toBeUndefined();
    expect(data.tenantContracts.nodes[1]).toMatchObject({
      client: { firstName: "First 999" },
      rentalObject: { name: null, isVacant: null, isLettable: null, owner: null, building: null },
    });
    alma.world.units.set(11, unit as NonNullable<typeof unit>);
    advance(1_000);
    expect((await ask()).data.tenantContracts.nodes[1].rentalObject).toMatchObject({ name: "N11" });
  });

  test("is an error where a list names the record", async () => {
    const { alma, query } = await begin();
    await query("{ units { totalCount } }");
    alma.faults.add({ path: /realty\/units\/11\/$/, as: { status: 404, json: { detail: "Not found." } } });
    const { errors } = await query(
      "query Q @freshness(maxAge: 0) { tenantContract(ref: { almaId: 902 }) { rentalObject { goalRentCost } } }",
    );
    expect(errors?.map(({ message }) => message)).toEqual([expect.stringContaining("Alma lists Unit:11")]);
  });
});
