import { afterEach, expect, test, vi } from "vitest";
import { rentRow, rents, start } from "./start.ts";

afterEach(() => void vi.restoreAllMocks());

test("a job survives a wall clock set a year ahead, also if another one is started meanwhile", async () => {
  const jobs = await start();
  const { job } = await jobs.start(rents, [rentRow(1, 2_000)]);
  await jobs.whenNot(job.id);
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + 365 * 86_400_000);
  expect((await jobs.look(job.id)).done).toBe(1);
  await jobs.start(rents, [rentRow(2, 2_000)]);
  vi.restoreAllMocks();
  expect((await jobs.look(job.id)).rows).toHaveLength(1);
});

test("a job is forgotten after 14 days in which a gateway ran", async () => {
  const jobs = await start();
  const { job } = await jobs.start(rents, [rentRow(1, 2_000)]);
  await jobs.whenNot(job.id);
  const { now } = performance;
  vi.spyOn(performance, "now").mockImplementation(() => now.call(performance) + 14 * 86_400_000);
  expect(await jobs.look(job.id)).toBeNull();
});
