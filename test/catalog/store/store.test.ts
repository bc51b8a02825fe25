import { expect, test } from "vitest";
import type { RentalObjectLookup } from "../../../src/alma/index.ts";
import { Store } from "../../../src/catalog/store/store.ts";

/** What Alma answers for a unit, and for a room of which it leaves the parent out. */
const parentless: RentalObjectLookup = {
  id: 6,
  externalId: "10006",
  additionalExternalId: null,
  isUsedAdditionalExternalId: null,
  parentUnitId: null,
};
const listOf = (id: number) => ({ items: [{ record: { id } }], malformed: 0 });

test("what a list names is what that list is of, whatever Alma's look-up leaves out", () => {
  const store = new Store();
  store.applyList("room", listOf(6), 1);
  store.applyRentalLookup("10006", parentless, 2);
  expect(store.getRentalLookup("10006", 0)?.record).toBe(store.getOrCreate("room", 6));
});

test("what was taken for a unit is the room that a list names later", () => {
  const store = new Store();
  store.applyRentalLookup("10006", parentless, 1);
  expect(store.findRentalObject(6)).toBe(store.getOrCreate("unit", 6));
  store.applyList("room", listOf(6), 2);
  expect(store.findRentalObject(6)).toBe(store.getOrCreate("room", 6));
});
