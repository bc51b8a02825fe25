import { expect, test } from "vitest";
import {
  createLatencyLimit,
  FIRST_LIMIT,
  HIGHEST_LIMIT,
  LOWEST_LIMIT,
} from "../../../src/alma/resilience/latency-limit.ts";

/** An Alma that works on `workers` calls at once; the others wait in it. Times are in milliseconds. */
interface Worker {
  workers: number;
  /** How long the next call takes, once a worker has it. */
  time: () => number;
  route?: () => string;
  fails?: () => boolean;
}

interface Call {
  readonly route: string;
  readonly sentAt: number;
  readonly inFlight: number;
  endsAt: number;
}

/** A limit whose calls go to an Alma, always as many as it allows, or as `demand` wants. */
function load(alma: Worker, demand = Number.POSITIVE_INFINITY) {
  const limit = createLatencyLimit();
  let now = 0;
  let ended = 0;
  /** In the order in which they end. */
  const working: Call[] = [];
  const waiting: Call[] = [];
  const work = () => {
    while (working.length < alma.workers) {
      const next = waiting.shift();
      if (!next) return;
      next.endsAt = now + alma.time();
      working.splice(working.findLastIndex(({ endsAt }) => endsAt <= next.endsAt) + 1, 0, next);
    }
  };
  /** Lets time pass. Returns how many calls ended in each second. */
  const run = (seconds: number): number => {
    const until = now + seconds * 1000;
    const before = ended;
    while (now < until) {
      let inFlight = working.length + waiting.length;
      while (inFlight < Math.min(demand, Math.floor(limit.current)))
        waiting.push({ route: alma.route?.() ?? "", sentAt: now, inFlight: ++inFlight, endsAt: 0 });
      work();
      const call = working.shift() as Call;
      now = call.endsAt;
      ended++;
      limit.note({ ...call, endedAt: now, isFailed: alma.fails?.() ?? false });
    }
    return (ended - before) / seconds;
  };
  return { limit, run };
}

/** Numbers from 0 to 1 that look random, the same ones in each run. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test.each([5, 10, 20, 40])("an Alma of %i workers is kept busy, and few calls wait in it", (workers) => {
  const { limit, run } = load({ workers, time: () => 20 });
  run(10);
  expect(run(90)).toBeGreaterThan(0.95 * workers * 50);
  expect(limit.current).toBeGreaterThanOrEqual(workers);
  expect(limit.current).toBeLessThanOrEqual(Math.max(workers + 8, 1.5 * workers + 2));
});

test("the limit is raised to the highest one before an Alma in which no call waits, within seconds", () => {
  const { limit, run } = load({ workers: 1000, time: () => 20 });
  expect(limit.current).toBe(FIRST_LIMIT);
  run(2);
  expect(limit.current).toBe(HIGHEST_LIMIT);
  expect(run(90)).toBeGreaterThan(0.97 * HIGHEST_LIMIT * 50);
});

test("an Alma of one worker gets few calls at once", () => {
  const { limit, run } = load({ workers: 1, time: () => 100 });
  run(100);
  expect(limit.current).toBeLessThanOrEqual(LOWEST_LIMIT + 8);
});

test("times that differ without a queue do not lower the limit much", () => {
  const random = randomNumbers();
  // Exponentially distributed: a call in seven takes more than twice the average.
  const { run } = load({ workers: 1000, time: () => 1 - 30 * Math.log(random()) });
  expect(run(90)).toBeGreaterThan(0.6 * HIGHEST_LIMIT * (1000 / 31));
});

test("routes that take longer than others are not taken for a queue", () => {
  const alma = { workers: 1000, time: () => 10, route: () => "quick" };
  const { limit, run } = load(alma);
  run(20);
  Object.assign(alma, { time: () => 300, route: () => "slow" });
  run(20);
  expect(limit.current).toBe(HIGHEST_LIMIT);
});

test("an Alma that has become slower is soon compared with what it is now", () => {
  const alma = { workers: 1000, time: () => 20 };
  const { limit, run } = load(alma);
  run(100);
  alma.time = () => 200;
  run(10);
  expect(limit.current).toBeLessThan(10);
  run(90);
  expect(limit.current).toBe(HIGHEST_LIMIT);
});

test("an Alma that has got more workers, or fewer, gets more calls, or fewer", () => {
  const alma = { workers: 8, time: () => 20 };
  const { limit, run } = load(alma);
  run(100);
  expect(limit.current).toBeLessThanOrEqual(16);
  alma.workers = 40;
  run(5);
  expect(limit.current).toBeGreaterThanOrEqual(40);
  alma.workers = 8;
  run(5);
  expect(limit.current).toBeLessThanOrEqual(16);
});

test("failures lower the limit, and their end raises it again", () => {
  const random = randomNumbers();
  const alma = { workers: 1000, time: () => 20, fails: () => random() < 0.01 };
  const { limit, run } = load(alma);
  run(30);
  expect(limit.current).toBeGreaterThan(HIGHEST_LIMIT / 2);
  alma.fails = () => random() < 0.5;
  run(5);
  expect(limit.current).toBe(LOWEST_LIMIT);
  alma.fails = () => false;
  run(5);
  expect(limit.current).toBe(HIGHEST_LIMIT);
});

test("a limit that is not used is not raised", () => {
  const { limit, run } = load({ workers: 1000, time: () => 20 }, 5);
  run(200);
  expect(limit.current).toBe(FIRST_LIMIT);
});
