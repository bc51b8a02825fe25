import { expect, onTestFinished, test } from "vitest";
import { day } from "../support/day.ts";
import { startGateway } from "../support/gateway.ts";
import { smallWorld } from "./world.ts";

// Cases found by the random sequences, reduced as far as possible.

/** A gateway over the small portfolio. */
async function start(catalog: string, switches: object) {
  const gateway = await startGateway({ size: 0, data: smallWorld(day), switches }, { CATALOG: catalog });
  onTestFinished(() => gateway.close());
  if (catalog === "on") await gateway.warm();
  const ask = async (query: string) => {
    const { data, errors } = await gateway.query(query);
    expect(errors).toBeUndefined();
    return data;
  };
  return { ask, gateway };
}

const letRoom22 = `mutation { createTenantContract(input: {
  externalId: "x-1", rentalObject: { almaId: 22 }, client: { almaId: 254 }, name: "Lease", startDate: "${day(-10)}", endDate: "${day(10)}", price: 5
}) { tenantContract { almaId } userErrors { code } } }`;

test.each(["off", "on"])(
  "a contract on an archived room that lists leave out is found by its unit and its building (catalog %s)",
  async (catalog) => {
    const { ask } = await start(catalog, { archivedInLists: false });
    expect((await ask(letRoom22)).createTenantContract.userErrors).toEqual([]);
    const found = await ask(`{
      unit(ref: { almaId: 2 }) { tenantContracts(includeRooms: true, orderBy: [{ field: ALMA_ID }]) { nodes { externalId } } }
      tenantContracts(filter: { building: { almaId: 101 }, externalId: { eq: "x-1" } }) { nodes { externalId } }
    }`);
    expect(found.unit.tenantContracts.nodes).toEqual([{ externalId: "t-905" }, { externalId: "x-1" }]);
    expect(found.tenantContracts.nodes).toEqual([{ externalId: "x-1" }]);
  },
);

test.each(["off", "on"])(
  "a contract on a room that was never read shows in the status of its unit (catalog %s)",
  async (catalog) => {
    const { ask } = await start(catalog, { archivedInLists: false, statusFollows: "atOnce" });
    const status = () => ask("{ unit(ref: { almaId: 2 }) { status } units { nodes { almaId status } } }");
    expect((await status()).unit.status).toBe("available");
    await ask(letRoom22);
    const { unit, units } = await status();
    expect(unit.status).toBe("rented");
    expect(units.nodes).toContainEqual({ almaId: 2, status: "rented" });
  },
);

test.each(["off", "on"])(
  "archiving a unit shows on contracts and clients whose relations are unknown (catalog %s)",
  async (catalog) => {
    const { ask } = await start(catalog, {});
    const states = () =>
      ask("{ tenantContract(ref: { almaId: 905 }) { isArchived } client(ref: { almaId: 254 }) { status } }");
    expect(await states()).toEqual({ tenantContract: { isArchived: false }, client: { status: "active" } });
    await ask(`mutation {
      archiveUnit(ref: { almaId: 2 }) { userErrors { code } }
      other: archiveUnit(ref: { almaId: 3 }) { userErrors { code } }
    }`);
    expect(await states()).toEqual({ tenantContract: { isArchived: true }, client: { status: "inactive" } });
  },
);
