import { expect, test } from "vitest";
import { start } from "../start.ts";

test("an answer about vacancy is kept until a contract changes, and shows every write through the gateway", async () => {
  const { query, mutate } = await start({}, { CATALOG: "on" });
  const free = `{ rentalObjects(filter: { isVacantOn: "2031-01-01" }) { nodes { name } } }`;
  const names = async () => {
    const { data, errors, extensions } = await query(free);
    expect(errors).toBeUndefined();
    return { names: data.rentalObjects.nodes.map(({ name }: { name: string }) => name), ...extensions.alma };
  };
  // Unit 101 has rooms; 102 is let as a whole.
  expect(await names()).toMatchObject({ names: ["2", "1", "102"], calls: 0 });
  expect(await names()).toMatchObject({ names: ["2", "1", "102"], calls: 0, kept: true });
  const lease = await mutate(
    `createTenantContract(input: { externalId: "t-9", rentalObject: { externalId: "r-11" }, client: { externalId: "c-252" },
      name: "Lease", startDate: "2030-01-01", endDate: "2031-12-31", price: "1.00" })`,
    'tenantContract { rentalObject { isVacant(on: "2031-01-01") } }',
  );
  expect(lease).toMatchObject({ tenantContract: { rentalObject: { isVacant: false } }, userErrors: [] });
  expect((await names()).names).toEqual(["2", "102"]);
  const shorter = 'updateTenantContract(ref: { externalId: "t-9" }, input: { endDate: "2030-12-31" })';
  expect(await mutate(shorter, "tenantContract { id }")).toMatchObject({ userErrors: [] });
  expect((await names()).names).toEqual(["2", "1", "102"]);
  // The rooms of an archived unit can no longer be let.
  expect(await mutate("archiveUnit(ref: { almaId: 1 })", "unit { id }")).toMatchObject({ userErrors: [] });
  expect((await names()).names).toEqual(["102"]);
});
