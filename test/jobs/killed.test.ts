import { expect, test, vi } from "vitest";
import { killJob } from "./killed-job.ts";

vi.setConfig({ testTimeout: 180_000 });

test("no row is duplicated, lost or misreported, with faults of Alma, late commits and kills", async () => {
  const { told, outcome, isInClear, ...faults } = await killJob(60, 2, 0.26);
  expect(faults).toEqual({ doubled: [], lost: [], toldOtherwise: [] });
  expect(isInClear).toBe(false);
  expect(told).toBe(60);
  expect(outcome).toMatchObject({ left: 0 });
  expect(outcome.done).toBeGreaterThan(30);
});
