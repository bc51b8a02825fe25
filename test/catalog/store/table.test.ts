import { expect, test } from "vitest";
import { createStore } from "../../../src/catalog/store/store.ts";

const listOf = (count: number) => ({
  items: Array.from({ length: count }, (_, index) => ({
    record: { id: index + 1, number: "", externalId: `t-${index}` },
  })),
  malformed: 0,
});

test("applying a list takes time in proportion to its length, and evicts none of its records", async () => {
  const cost = async (count: number) => {
    const list = listOf(count);
    const costs: number[] = [];
    for (let run = 0; run < 5; run++) {
      const store = createStore();
      const before = process.cpuUsage();
      await store.applyList("tenantContract", list, 1);
      const { user, system } = process.cpuUsage(before);
      const { listed, size } = store.tables.tenantContract;
      expect([listed.length, size]).toEqual([count, count]);
      costs.push(user + system);
    }
    // The cheapest of several runs was disturbed least by other work.
    return Math.min(...costs);
  };
  await cost(1_000);
  const short = await cost(2_000);
  // The list is 16 times as long; quadratic work would take 256 times as long.
  expect((await cost(32_000)) / short).toBeLessThan(96);
});
