import { expect, test } from "vitest";
import { paperCatalog } from "../paper-catalog.ts";

/** An Alma with one building, which answers lookups by Bitrix id with an inconclusive 404. */
function oneBuilding() {
  const building = { name: "Tower", externalId: "3" };
  const made = paperCatalog({ hasBackgroundWork: false }, (alma, clock) => ({
    building: {
      ...alma.building,
      list: async () => ({
        asOf: clock(),
        value: { items: [{ record: { id: 1, name: building.name } }], malformed: 0 },
      }),
      get: async (ref: { id?: number }) => {
        const match = { record: { id: 1, ...building } };
        return ref.id === undefined
          ? { asOf: clock(), isConclusive: false }
          : { asOf: clock(), isConclusive: true, match };
      },
    },
  }));
  const { catalog } = made;
  /** The id of the building that a Bitrix id currently resolves to. */
  const lookup = async (externalId: string) => {
    const operation = catalog.beginOperation("one", { maxAge: 0 });
    const cutoff = operation.namedCutoff;
    await catalog.readList(operation, "building", cutoff);
    return (await catalog.lookUp(operation, "building", externalId, cutoff)).record?.id;
  };
  const read = async () => {
    const operation = catalog.beginOperation("one", { maxAge: 0 });
    const record = catalog.store.getOrCreate("building", 1);
    await catalog.load(operation, [{ record, level: 2, cutoff: operation.namedCutoff }]);
  };
  return { building, lookup, read };
}

test("after an inconclusive 404 a building is found by its known Bitrix id", async () => {
  const { lookup, read } = oneBuilding();
  await read();
  expect(await lookup("3")).toBe(1);
});

test("after an inconclusive 404 a building is not found by its former Bitrix id", async () => {
  const { building, lookup, read } = oneBuilding();
  await read();
  building.externalId = "5";
  expect(await lookup("3")).toBeUndefined();
  expect(await lookup("5")).toBe(1);
});
