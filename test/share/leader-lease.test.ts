import { expect, test } from "vitest";
import { extendLease } from "../../src/share/leadership/leader-lease.ts";
import { runSchedule } from "./leader-lease-schedule.ts";

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

test("at most one process holds the lease despite stops, delays, losses and restarts", () => {
  const failures: string[] = [];
  let terms = 0;
  for (let seed = 1; seed <= 1_000; seed++)
    terms += runSchedule(seeded(seed), (what) => failures.push(`seed ${seed}: ${what}`));
  expect(failures.slice(0, 5)).toEqual([]);
  expect(terms).toBeGreaterThan(5_000);
});

test("an expired lease continues only in a store that has lost nothing, since others may have led meanwhile", () => {
  const held = { token: "t", run: "r", until: 100 };
  const at = (time: number) => ({ boottime: time, monotonic: time });
  const goesOn = (now: number, run: string, hasLost: boolean) =>
    extendLease(held, { sent: at(now), run, hasLost }, at(now), 50) !== undefined;
  for (const [run, hasLost] of [
    ["r", true],
    ["other", false],
  ] as const)
    expect([goesOn(90, run, hasLost), goesOn(110, run, hasLost)]).toEqual([true, false]);
  expect(goesOn(110, "r", false)).toBe(true);
});
