import { expect, test } from "vitest";
import type { RentalObjectLookup } from "../../src/alma/index.ts";
import { Store } from "../../src/catalog/store.ts";

/** What Alma answers for a unit, and for a room of which it leaves the parent out. */
const parentless: RentalObjectLookup = {
  id: 6,
  externalId: "10006",
  additionalExternalId: null,
  isUsedAdditionalExternalId: null,
  parentUnitId: null,
};
const listOf = (id: number) => ({ items: [{ record: { id } }], unreadable: 0 });

test("what a list names is what that list is of, whatever Alma's look-up leaves out", () => {
  const store = new Store();
  store.takeList("room", listOf(6), 1);
  store.takeRental("10006", parentless, 2);
  expect(store.rentalLookup("10006", 0)?.entry).toBe(store.entry("room", 6));
});

test("what was taken for a unit is the room that a list names later", () => {
  const store = new Store();
  store.takeRental("10006", parentless, 1);
  expect(store.rentalObject(6)).toBe(store.entry("unit", 6));
  store.takeList("room", listOf(6), 2);
  expect(store.rentalObject(6)).toBe(store.entry("room", 6));
});
