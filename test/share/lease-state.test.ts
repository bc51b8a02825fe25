import { expect, test } from "vitest";
import { runSchedule } from "./lease-schedule.ts";

/** A generator of numbers from 0 to 1 that is the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("whatever stops, sleeps, is late, lost or started again, one process at most has the lease, and its clock never goes back", () => {
  const failures: string[] = [];
  let terms = 0;
  for (let seed = 1; seed <= 1_000; seed++)
    terms += runSchedule(seeded(seed), (what) => failures.push(`seed ${seed}: ${what}`));
  expect(failures.slice(0, 5)).toEqual([]);
  expect(terms).toBeGreaterThan(5_000);
});
