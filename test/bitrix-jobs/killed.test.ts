import { expect, test, vi } from "vitest";
import { expectConsistent, keyOf } from "../bitrix/bulk/outcome.ts";
import { portfolio } from "../bitrix/bulk/portfolio.ts";
import { expectedRecordsOf } from "../bitrix/bulk/portfolio-alma.ts";
import { itemsOf } from "../bitrix/bulk/portfolio-items.ts";
import { runKilled } from "../jobs/killed-job.ts";

vi.setConfig({ testTimeout: 180_000 });

/** Syncs new Bitrix items in one job. Returns false statements of its results, and duplicates in Alma. */
async function killSync(size: number, kills: number, rate: number, env: Record<string, string> = {}) {
  const all = portfolio(41, size, { broken: 0, scans: 0 });
  const items = itemsOf(all, 1);
  const run = await runKilled({
    ...{ data: { projects: [{ id: 207, name: "Dubai" }] }, count: items.length, kills, rate, env },
    async begin(query) {
      const { data, errors } = await query(
        "mutation ($items: [BitrixItemInput!]!) { startBitrixSync(items: $items) { job { id } } }",
        { items },
      );
      if (errors) throw new Error(JSON.stringify(errors));
      return data.startBitrixSync.job.id;
    },
  });
  const results = run.rows.map(({ payload, userErrors, state }) => ({ ...payload, userErrors, state }));
  const present = expectConsistent(
    { items: results, buildings: [], userErrors: [] },
    run.alma.data,
    expectedRecordsOf(all),
  );
  const toldOtherwise = results.filter((item) => item.state === "FAILED" && present.includes(keyOf(item)));
  return { told: run.rows.length, items: items.length, outcome: run.outcome, toldOtherwise };
}

test("faults of Alma, late commits and kills neither duplicate nor lose items nor change their results; parents come first", async () => {
  const { told, items, outcome, toldOtherwise } = await killSync(50, 2, 0.2);
  expect(toldOtherwise).toEqual([]);
  expect(told).toBe(items);
  expect(outcome).toMatchObject({ left: 0 });
  expect(outcome.done).toBeGreaterThan(items / 2);
});
