import { describe, expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { start } from "../start.ts";

const pictures = {
  ...household,
  units: household.units.map((unit) => ({
    ...unit,
    photos: [{ id: 7000 + unit.id, url: `/${unit.id}.jpg` }],
  })),
};

/** Units 1 and 2: the Bitrix id "u-1" moves from the first to the second after the lookup. */
async function startMoving(read = '{ unit(ref: { externalId: "u-1" }) { id photos { almaId } } }') {
  const gateway = await start({ data: pictures });
  const move = () => {
    gateway.data.units.change(1, { external_id: "old" });
    gateway.data.units.change(2, { external_id: "u-1" });
  };
  await gateway.query(read);
  gateway.asked();
  gateway.simulator.log.clear();
  return { ...gateway, move };
}

describe("a Bitrix id that has moved to another record since it was looked up", () => {
  test("names the record that has it now: its photos are kept", async () => {
    const { mutate, move, sent } = await startMoving();
    move();
    const { unit, userErrors } = await mutate(
      'updateUnit(ref: { externalId: "u-1" }, input: { photos: { add: [9147] } })',
      "unit { id }",
    );
    expect([unit, userErrors]).toEqual([{ id: "Unit:2" }, []]);
    const photos = [{ id: 7002 }, { external_file_id: 9147 }];
    expect(sent()).toEqual([["PATCH realty/units/2/", { photos }]]);
  });

  test("also names that record if the answer to the change has no id", async () => {
    const { mutate, query, move, simulator } = await startMoving();
    await query("{ unit(ref: { almaId: 2 }) { address } }");
    move();
    simulator.faults.add({
      kind: "transform",
      when: ({ method }) => method === "PATCH",
      change: () => ({}),
    });
    const { unit } = await mutate(
      'updateUnit(ref: { externalId: "u-1" }, input: { address: "Pier 7" })',
      "unit { id address }",
    );
    expect(unit).toEqual({ id: "Unit:2", address: "Pier 7" });
  });

  test("archives the record that has it now, with the impact of that record", async () => {
    const { mutate, move, data, sent } = await startMoving();
    const archive = 'archiveUnit(ref: { externalId: "u-1" }';
    const seen = await mutate(`${archive}, dryRun: true)`, "unit { id } impact { rooms { id } }");
    expect(seen).toMatchObject({
      unit: { id: "Unit:1" },
      impact: { rooms: [{ id: "Room:12" }, { id: "Room:11" }] },
    });
    move();
    const done = await mutate(`${archive})`, "unit { id isArchived } impact { rooms { id } }");
    expect(done).toMatchObject({ unit: { id: "Unit:2", isArchived: true }, impact: { rooms: [] } });
    expect(sent().map(([call]) => call)).toEqual(["PATCH realty/units/2/archive/"]);
    expect(data.units.get(1)?.is_archived).toBe(false);
  });

  test.each([
    ['updateUnit(ref: { externalId: "u-1" }, input: { photos: { remove: [7001] } })', { photos: [] }],
    ['archiveUnit(ref: { externalId: "u-1" })', { is_archived: true }],
  ])("during the write does not redirect the write to another record: %s", async (mutation, body) => {
    const { mutate, move, simulator, sent } = await startMoving("{ __typename }");
    simulator.faults.add({
      kind: "transform",
      times: 1,
      when: ({ path }) => path.endsWith("units/external_id/u-1/"),
      change: (answer) => {
        move();
        return answer;
      },
    });
    expect((await mutate(mutation, "unit { id }")).unit).toEqual({ id: "Unit:1" });
    expect(sent()).toEqual([[expect.stringMatching(/^PATCH realty\/units\/1\//), body]]);
  });
});
