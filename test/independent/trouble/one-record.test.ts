import { describe, expect, test } from "vitest";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { codes, faultsOf, type Stage, stages } from "../gateway.ts";

/** A town in which two records of each kind share the Bitrix id "77", and one of each has "5". */
function town(): World {
  const world = new World();
  for (const [id, external_id] of [
    [1, "77"],
    [2, "77"],
    [3, "5"],
  ] as const) {
    addBuilding(world, { id, external_id });
    addUnit(world, { id: 10 + id, external_id, building: id });
    addRoom(world, { id: 20 + id, external_id, parent_unit: 10 + id, building: id });
    addClient(world, { id, external_id });
    addTenantContract(world, { unit: 20 + id, client: id }, { id: 30 + id, external_id });
    addOwnerContract(world, { unit: 10 + id, client: id }, { id: 40 + id, external_id });
  }
  return world;
}

const start = stages({ MAX_AGE: "0.001" }, town);
const modes = [["off"], ["on"]] as const;

async function begin(catalog: string, faults: Parameters<typeof start>[2] = []): Promise<Stage> {
  const stage = await start({ CATALOG: catalog }, {}, faults);
  if (catalog === "on") await stage.warm();
  return stage;
}

/** Django's answer if a lookup finds several records. */
const several = (status: number) => ({
  path: /(external_id|rental_object|contracts)\/77\/$/,
  as: { status },
});

describe.each(modes)("a Bitrix id that several records share (catalog %s)", (catalog) => {
  test.each([
    ["building", "Building:1", "Building:2", 500],
    ["unit", "Unit:11", "Unit:12", 500],
    ["unit", "Unit:11", "Unit:12", 409],
    ["room", "Room:21", "Room:22", 500],
    ["client", "Client:1", "Client:2", 500],
    ["tenantContract", "TenantContract:31", "TenantContract:32", 500],
    ["ownerContract", "OwnerContract:41", "OwnerContract:42", 500],
    ["rentalObject", "Unit:11", "Room:22", 500],
  ])("%s: the error names %s and %s", async (field, first, second, status) => {
    const { query } = await begin(catalog, [several(status)]);
    const answer = await query(`{ ${field}(ref: { externalId: "77" }) { id } }`);
    expect(answer.data).toEqual({ [field]: null });
    expect(faultsOf(answer)).toEqual([[field, "AMBIGUOUS_REF"]]);
    const message = answer.errors?.[0]?.message ?? "";
    for (const part of ['"77"', first, second, "almaId"]) expect(message).toContain(part);
    expect(message).not.toContain("Try again");
  });

  test("is reported likewise in a filter", async () => {
    const { query } = await begin(catalog, [several(500)]);
    const answer = await query(`{ rooms(filter: { unit: { externalId: "77" } }) { totalCount } }`);
    expect(faultsOf(answer)).toEqual([["rooms", "AMBIGUOUS_REF"]]);
    expect(answer.errors?.[0]?.message).toContain("Unit:11");
  });

  test("a lookup that fails for an id that one record has is a failure of Alma", async () => {
    const { query } = await begin(catalog, [{ path: /external_id\/5\/$/, as: { status: 500 } }]);
    const answer = await query(
      `{ unit(ref: { externalId: "5" }) { id } building(ref: { externalId: "5" }) { id } }`,
    );
    expect(faultsOf(answer)).toEqual([
      ["building", "ALMA_UNAVAILABLE"],
      ["unit", "ALMA_UNAVAILABLE"],
    ]);
  });

  test("an id of two listed records that Alma's path cannot contain resolves to neither", async () => {
    const { query, alma } = await begin(catalog);
    for (const unit of alma.world.units.values()) unit.external_id = "7/7";
    const answer = await query(`query A @freshness(maxAge: 0) { unit(ref: { externalId: "7/7" }) { id } }`);
    expect(answer.data).toEqual({ unit: null });
    expect(faultsOf(answer)).toEqual([["unit", "AMBIGUOUS_REF"]]);
  });
});

describe.each(modes)("a 403 on a read (catalog %s)", (catalog) => {
  const refused = { status: 403, json: { detail: "Нет." } };

  test("concerns its record if other reads succeed", async () => {
    const { query, alma } = await begin(catalog);
    await query(`{ unit(ref: { almaId: 12 }) { number } }`);
    alma.faults.add({ path: /units\/11\/$/, as: refused });
    for (const asked of ["{ unit(ref: { almaId: 11 }) { number } }", "{ units { nodes { number } } }"]) {
      const answer = await query(asked.replace("{", "query A @freshness(maxAge: 0) {"));
      expect(codes(answer)).toEqual(["ALMA_REFUSED_RECORD"]);
      expect(answer.errors?.[0]?.message).toContain("unit 11");
    }
  });

  test("concerns the key if none succeeds", async () => {
    const { query, alma } = await begin(catalog);
    await query(`{ unit(ref: { almaId: 12 }) { number } }`);
    alma.faults.add({ as: refused });
    const answer = await query(
      "query A @freshness(maxAge: 0) { a: unit(ref: { almaId: 11 }) { number } b: unit(ref: { almaId: 12 }) { number } }",
    );
    expect(codes(answer)).toEqual(["ALMA_REFUSED_KEY"]);
  });
});

test("before any read has succeeded, a 403 concerns the key", async () => {
  const { query } = await begin("off", [{ path: /units\/11\/$/, as: { status: 403 } }]);
  expect(codes(await query("{ unit(ref: { almaId: 11 }) { number } }"))).toEqual(["ALMA_REFUSED_KEY"]);
});

test("a refused key costs each read at most one more call", async () => {
  const { query, alma } = await begin("off");
  await query("{ units { nodes { number } } }");
  alma.faults.add({ as: { status: 403 } });
  alma.asked();
  await query(
    "query A @freshness(maxAge: 0) { a: unit(ref: { almaId: 11 }) { number } b: unit(ref: { almaId: 12 }) { number } }",
  );
  expect(alma.asked().length).toBeLessThanOrEqual(2 * 2);
});
