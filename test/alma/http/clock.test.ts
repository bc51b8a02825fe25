import { expect, test } from "vitest";
import { monotonicClock } from "../../../src/alma/index.ts";

/** A machine's two clocks, in milliseconds: the time it has been awake, and its wall clock. */
function machine() {
  const one = { awake: 5_000, calendar: 1_800_000_000_000 };
  const clock = monotonicClock(
    () => one.awake,
    () => one.calendar,
  );
  const pass = (ms: number) => {
    one.awake += ms;
    one.calendar += ms;
  };
  return { one, clock, pass };
}

test("the clock never returns the same time twice, and never goes back", () => {
  const { one, clock, pass } = machine();
  const readings = Array.from({ length: 100 }, (_, index) => {
    if (index % 10 === 5) pass(3);
    if (index % 30 === 7) one.calendar -= 10_000;
    return clock();
  });
  expect(new Set(readings).size).toBe(100);
  expect([...readings].sort((a, b) => a - b)).toEqual(readings);
});

test("the clock includes the time for which the machine slept", () => {
  const { one, clock, pass } = machine();
  const before = clock();
  one.calendar += 3_600_000;
  pass(10);
  expect(clock() - before).toBeCloseTo(3_600_010, 0);
  pass(10);
  expect(clock() - before).toBeCloseTo(3_600_020, 0);
});

test("setting the wall clock back, or correcting it in small steps, has no effect", () => {
  const { one, clock, pass } = machine();
  const before = clock();
  one.calendar -= 3_600_000;
  expect(clock() - before).toBeLessThan(1);
  for (let step = 0; step < 100; step++) {
    one.calendar += 100;
    pass(10);
    clock();
  }
  expect(clock() - before).toBeLessThan(1_010);
});

test("the clock continues from another process's time, and never goes back", () => {
  const { one, clock, pass } = machine();
  clock.advanceTo(1_000_000);
  const moved = clock();
  expect(moved).toBeGreaterThan(1_000_000);
  expect(moved).toBeLessThan(1_000_001);
  pass(10);
  clock.advanceTo(3);
  expect(clock() - moved).toBeCloseTo(10, 0);
  one.calendar += 3_600_000;
  expect(clock() - moved).toBeCloseTo(3_600_010, 0);
});
