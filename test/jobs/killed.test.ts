import { expect, test, vi } from "vitest";
import { killJob, killSync } from "./killed-job.ts";

vi.setConfig({ testTimeout: 180_000 });

test("no row is doubled, lost or told otherwise, by faults of Alma, late commits and kills", async () => {
  const { told, outcome, isInClear, ...faults } = await killJob(60, 2, 0.26);
  expect(faults).toEqual({ doubled: [], lost: [], toldOtherwise: [] });
  expect(isInClear).toBe(false);
  expect(told).toBe(60);
  expect(outcome).toMatchObject({ left: 0 });
  expect(outcome.done).toBeGreaterThan(30);
});

test("no item of Bitrix is doubled, lost or told otherwise by the same, parents come first", async () => {
  const { told, items, outcome, toldOtherwise } = await killSync(50, 2, 0.2);
  expect(toldOtherwise).toEqual([]);
  expect(told).toBe(items);
  expect(outcome).toMatchObject({ left: 0 });
  expect(outcome.done).toBeGreaterThan(items / 2);
});
