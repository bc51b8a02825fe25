import { expect, test } from "vitest";
import { Store } from "../../src/catalog/store.ts";

const listOf = (count: number) => ({
  items: Array.from({ length: count }, (_, index) => ({
    record: { id: index + 1, number: "", externalId: `t-${index}` },
  })),
  unreadable: 0,
});

test("what it costs to take in a list grows with its length alone, and all of it is remembered", () => {
  const cost = (count: number) => {
    const list = listOf(count);
    const costs = Array.from({ length: 3 }, () => {
      const store = new Store();
      const began = performance.now();
      store.takeList("tenantContract", list, 1);
      const took = performance.now() - began;
      const { listed, size } = store.tables.tenantContract;
      expect([listed.length, size]).toEqual([count, count]);
      return took;
    });
    return Math.min(...costs);
  };
  cost(1_000);
  // Eight times the list; with the square of its length it would be sixty-four times the time.
  expect(cost(40_000) / cost(5_000)).toBeLessThan(32);
});
