import { describe, expect, test } from "vitest";
import type { Quirks } from "../alma/quirk.ts";
import { addRoom, addTenantContract, addUnit } from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";

let world = new World();
const start = stages({}, () => world);
const over = (
  made: World,
  env: Record<string, string> = {},
  quirks: Partial<Quirks> = {},
): Promise<Stage> => {
  world = made;
  return start(env, quirks);
};

const names = [
  "a/b",
  "a b",
  "100%",
  "%2F",
  "a?b=c",
  "a#b",
  "a&b",
  "a+b",
  "ключ-7",
  "غرفة ١",
  "\u{1F3E0}",
  "a\\b",
  "'\"<>",
  "x;y",
  ".hidden",
  "a..b",
  "é",
  "e\u0301",
];

describe("ids and names with special characters", () => {
  test.each(["split", "kept"] as const)("an encoded slash is %s", async (slashes) => {
    const made = new World();
    for (const name of names) {
      const unit = addUnit(made, { external_id: name, name: `Квартира ${name}` });
      addRoom(made, { external_id: `r${name}`, header: `سرير ${name}`, parent_unit: unit.id });
      addTenantContract(made, { unit: unit.id }, { external_id: name });
    }
    const { query } = await over(made, {}, { slashes });
    for (const name of names) {
      const answer = await query(
        `query ($n: String!, $r: String!) { unit(ref: { externalId: $n }) { externalId name } room(ref: { externalId: $r }) { header }
          unitObject: rentalObject(ref: { externalId: $n }) { externalId } roomObject: rentalObject(ref: { externalId: $r }) { header }
          tenantContract(ref: { externalId: $n }) { externalId }
          units(filter: { externalId: { eq: $n } }) { nodes { name } } }`,
        { n: name, r: `r${name}` },
      );
      expect(answer.errors).toBeUndefined();
      expect(answer.data).toEqual({
        unit: { externalId: name, name: `Квартира ${name}` },
        room: { header: `سرير ${name}` },
        unitObject: { externalId: name },
        roomObject: { header: `سرير ${name}` },
        tenantContract: { externalId: name },
        units: { nodes: [{ name: `Квартира ${name}` }] },
      });
      const missing = await query(
        `query ($n: String!) { unit(ref: { externalId: $n }) { name } rentalObject(ref: { externalId: $n }) { name } }`,
        {
          n: `${name}-none`,
        },
      );
      expect(missing.errors).toBeUndefined();
      expect(missing.data).toEqual({ unit: null, rentalObject: null });
    }
  });
});

describe("duplicates of a Bitrix id", () => {
  test("are looked up by Alma, which chooses one", async () => {
    const made = new World();
    const older = addUnit(made, { external_id: "77" });
    const newer = addUnit(made, { external_id: "77" });
    const room = addRoom(made, { external_id: "77", parent_unit: older.id });
    const { query } = await over(made);
    const answer =
      await query(`{ unit(ref: { externalId: "77" }) { almaId } rentalObject(ref: { externalId: "77" }) { almaId }
      units(filter: { externalId: { eq: "77" } }) { nodes { almaId } }
      rooms(filter: { unit: { externalId: "77" } }) { totalCount } }`);
    expect(answer.data).toEqual({
      unit: { almaId: newer.id },
      rentalObject: { almaId: room.id },
      units: { nodes: [{ almaId: newer.id }, { almaId: older.id }] },
      rooms: { totalCount: 0 },
    });
  });

  test("a unit's additional id in use is preferred to a room's id", async () => {
    const made = new World();
    const unit = addUnit(made, { additional_external_id: "77", is_used_additional_external_id: true });
    addUnit(made, { additional_external_id: "77", is_used_additional_external_id: false });
    addRoom(made, { external_id: "77", parent_unit: unit.id });
    const { query } = await over(made);
    const answer = await query(`{ rentalObject(ref: { externalId: "77" }) { id } }`);
    expect(answer.data.rentalObject).toEqual({ id: `Unit:${unit.id}` });
  });
});

describe("references to records that Alma does not have", () => {
  test("show the known fields of the record; the others are null", async () => {
    const made = new World();
    const unit = addUnit(made, { building: 4444 });
    addTenantContract(made, { unit: 5555, client: 6666 });
    const { query } = await over(made);
    const answer = await query(`{ unit(ref: { almaId: ${unit.id} }) { building { almaId address } }
      tenantContracts { nodes { client { almaId email } rentalObject { name } } } }`);
    expect(answer.data).toEqual({
      unit: { building: { almaId: 4444, address: null } },
      tenantContracts: { nodes: [{ client: { almaId: 6666, email: null }, rentalObject: null }] },
    });
    expect(answer.errors).toBeUndefined();
  });
});
