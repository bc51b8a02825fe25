import { expect, test } from "vitest";
import { Store } from "../../../src/catalog/store/store.ts";
import { cpuOf } from "../../support/cpu.ts";

const listOf = (count: number) => ({
  items: Array.from({ length: count }, (_, index) => ({
    record: { id: index + 1, number: "", externalId: `t-${index}` },
  })),
  malformed: 0,
});

test("applying a list takes time in proportion to its length, and evicts none of its records", () => {
  const cost = (count: number) => {
    const list = listOf(count);
    const apply = () => {
      const store = new Store();
      store.applyList("tenantContract", list, 1);
      const { listed, size } = store.tables.tenantContract;
      expect([listed.length, size]).toEqual([count, count]);
    };
    // The cheapest of several runs is the one that other work disturbed least.
    return Math.min(...[1, 2, 3].map(() => cpuOf(apply)));
  };
  cost(1_000);
  // The list is 16 times as long; quadratic work would take 256 times the time.
  expect(cost(32_000) / cost(2_000)).toBeLessThan(96);
});
