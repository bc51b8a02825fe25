import { expect, test } from "vitest";
import { Store } from "../../src/catalog/store.ts";

test("a list of many records is taken in at once, and all of it is remembered", () => {
  const store = new Store();
  const items = Array.from({ length: 60_000 }, (_, index) => ({
    record: { id: index + 1, number: "", externalId: `t-${index}` },
  }));
  const began = performance.now();
  store.takeList("tenantContract", { items, unreadable: 0 }, 1);
  expect(performance.now() - began).toBeLessThan(6_000);
  const { listed, size } = store.tables.tenantContract;
  expect([listed.length, size]).toEqual([60_000, 60_000]);
});
