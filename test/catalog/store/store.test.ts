import { expect, test } from "vitest";
import type { RentalObjectLookup } from "../../../src/alma/index.ts";
import { createStore } from "../../../src/catalog/store/store.ts";
import { lookUpRentalObject } from "./history.ts";

/** Alma's answer for a unit, or for a room without its parent. */
const parentless: RentalObjectLookup = {
  id: 6,
  externalId: "10006",
  additionalExternalId: null,
  isUsedAdditionalExternalId: null,
  parentUnitId: null,
};
const listOf = (id: number) => ({ items: [{ record: { id } }], malformed: 0 });

test("a listed room stays a room when a lookup omits its parent", async () => {
  const store = createStore();
  await store.applyList("room", listOf(6), 1);
  lookUpRentalObject(store, parentless, 2);
  expect(store.getLookup("rentalObject", "10006", 0)?.record).toBe(store.getOrCreate("room", 6));
});

test("an id that was looked up as a unit is a room once the list of rooms names it", async () => {
  const store = createStore();
  lookUpRentalObject(store, parentless, 1);
  expect(store.findRentalObject(6)).toBe(store.getOrCreate("unit", 6));
  await store.applyList("room", listOf(6), 2);
  expect(store.findRentalObject(6)).toBe(store.getOrCreate("room", 6));
});
