import { beforeEach, expect, test, vi } from "vitest";
import type { AlmaRequest, AlmaResponse, Send } from "../../../src/alma/http/send.ts";
import type { CallOptions } from "../../../src/alma/index.ts";
import { createCallLimits } from "../../../src/alma/resilience/call-limits.ts";
import { withPace } from "../../../src/alma/resilience/pace.ts";
import { createPause } from "../../../src/alma/resilience/pause.ts";
import { withDeadline, withRetry } from "../../../src/alma/resilience/retry.ts";
import { background, caller, quiet } from "../fake.ts";

// An Alma that refuses calls above a rate, on a clock that only the test advances.

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** The time in milliseconds and the timers in order of their due times: a linear search would be too slow. */
let now = 0;
let timers: Timer[] = [];

beforeEach(() => {
  [now, timers] = [0, []];
  vi.stubGlobal("performance", { now: () => now });
  vi.stubGlobal("setTimeout", (callback: () => void, ms = 0): Timer => {
    const timer = { at: now + ms, callback };
    const later = timers.findLastIndex(({ at }) => at <= timer.at) + 1;
    timers.splice(later, 0, timer);
    return timer;
  });
  vi.stubGlobal("clearTimeout", (timer: Timer | undefined) => {
    timers = timers.filter((other) => other !== timer);
  });
  return () => vi.unstubAllGlobals();
});

const ok: AlmaResponse = { status: 200, body: { json: {} }, sentAt: 0, endedAt: 0 };
const read: AlmaRequest = { method: "GET", path: "", route: "", subject: "it", options: caller };

/** Advances the time in steps of a few milliseconds. */
async function elapse(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5) {
    const end = now + 5;
    while (timers[0] && timers[0].at <= end) {
      const { at, callback } = timers.shift() as Timer;
      now = at;
      callback();
      await new Promise(setImmediate);
    }
    now = end;
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A rate limit of Alma: returns whether it accepts a call now. */
type Limiter = () => boolean;

/** Accepts `count` calls per second; a second starts with the first call after the previous one. */
function perSecond(rate: number): Limiter {
  let [startedAt, calls] = [Number.NEGATIVE_INFINITY, 0];
  return () => {
    if (performance.now() - startedAt >= 1_000) [startedAt, calls] = [performance.now(), 0];
    return ++calls <= rate;
  };
}

/** Accepts `count` calls per second, and bursts of `most` after a pause. */
function bucket(rate: number, most: number): Limiter {
  let [tokens, filledAt] = [most, performance.now()];
  return () => {
    tokens = Math.min(most, tokens + ((performance.now() - filledAt) * rate) / 1000);
    filledAt = performance.now();
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}

/** A client as createAlma composes it, of an Alma with a latency of 20 ms, and the calls that Alma received. */
function conversation(alma: { isTaken: Limiter; retryDelay?: number }) {
  const seen = { taken: 0, refused: 0 };
  const logged: string[] = [];
  const respond: Send = async () => {
    const isTaken = alma.isTaken();
    if (isTaken) seen.taken++;
    else seen.refused++;
    const sentAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { retryDelay } = alma;
    const answer = { ...ok, sentAt, endedAt: performance.now() };
    return isTaken ? answer : { ...answer, status: 429, ...(retryDelay !== undefined && { retryDelay }) };
  };
  const log = { ...quiet, warn: (_: object, message: string) => void logged.push(message) };
  const limits = createCallLimits(32, log);
  const pausable = createPause(withPace(respond, limits.pace), { log, downAfter: 3_000 });
  const retried = withRetry(pausable.send, { retries: 6, turn: (request) => limits.turn(request) });
  const send = limits.around(withDeadline(retried, 15_000));
  let isOver = false;
  const failures: unknown[] = [];
  /** Sends calls endlessly, one after the other. */
  const readOn = async (options: CallOptions) => {
    while (!isOver) {
      const { status } = await send({ ...read, options }).catch(() => ({ status: 0 }));
      if (status !== 200) failures.push(status);
    }
  };
  /** Keeps `count` calls waiting. */
  const begin = (count: number, options: CallOptions = background) => {
    const loops = Array.from({ length: count }, () => readOn(options));
    return async () => {
      isOver = true;
      for (const _ of loops) await elapse(100);
      await Promise.all(loops);
    };
  };
  /** The percentage of refused calls over some seconds, and the number of accepted calls per second. */
  const watch = async (seconds: number) => {
    const before = { ...seen };
    await elapse(seconds * 1000);
    const taken = seen.taken - before.taken;
    const refused = seen.refused - before.refused;
    return { refused: (100 * refused) / (taken + refused), rate: taken / seconds };
  };
  return { send, begin, watch, failures, logged, pace: () => limits.pace.rate };
}

test.each([
  ["in each second", () => perSecond(100), undefined],
  ["in each second, and says when to come again", () => perSecond(100), 1_000],
  ["a second, ten at once", () => bucket(100, 10), undefined],
  ["a second, 100 at once", () => bucket(100, 100), undefined],
  ["a second, 100 at once, and says when to come again", () => bucket(100, 100), 1_000],
])("an Alma that accepts 100 calls %s refuses few calls, and none fails", async (_, limiter, retryDelay) => {
  const alma = conversation({ isTaken: limiter(), ...(retryDelay !== undefined && { retryDelay }) });
  const end = alma.begin(100);
  const { refused } = await alma.watch(60);
  expect(refused).toBeLessThanOrEqual(5);
  const later = await alma.watch(30);
  expect(later.refused).toBeLessThanOrEqual(5);
  expect(later.rate).toBeGreaterThan(85);
  expect(alma.failures).toEqual([]);
  expect(new Set(alma.logged)).toEqual(new Set(["Alma refuses calls: they are now paced"]));
  await end();
});

test("the pace is dropped once Alma accepts more", async () => {
  const options = { isTaken: perSecond(100) };
  const alma = conversation(options);
  const end = alma.begin(100);
  await elapse(5_000);
  expect(alma.pace()).toBeLessThan(110);
  options.isTaken = () => true;
  await elapse(30_000);
  expect(alma.pace()).toBeUndefined();
  expect((await alma.watch(1)).rate).toBeGreaterThan(500);
  await end();
});

test("an Alma that refuses its first calls for another reason soon gets all others", async () => {
  let calls = 0;
  const alma = conversation({ isTaken: () => ++calls > 50 });
  const end = alma.begin(100);
  await elapse(20_000);
  expect(alma.pace()).toBeUndefined();
  expect(alma.failures).toEqual([]);
  await end();
});

test("the pace follows an Alma that accepts less than before", async () => {
  const options = { isTaken: perSecond(100) };
  const alma = conversation(options);
  const end = alma.begin(100);
  await elapse(5_000);
  options.isTaken = perSecond(30);
  await elapse(5_000);
  expect((await alma.watch(20)).refused).toBeLessThanOrEqual(5);
  await end();
});

test("refusals of a few calls in a hundred, which no rate explains, set no pace", async () => {
  let calls = 0;
  const alma = conversation({ isTaken: () => ++calls % 33 !== 0 });
  const end = alma.begin(100);
  await elapse(10_000);
  expect(alma.pace()).toBeUndefined();
  await end();
});

test("a few refusals set no pace, whatever their share of the calls", async () => {
  let calls = 0;
  const alma = conversation({ isTaken: () => ++calls > 4 });
  await Promise.all([alma.send(read), alma.send(read), elapse(3_000)]);
  expect(alma.pace()).toBeUndefined();
});

test("a caller's call is sent at the next turn of the pace, before waiting background calls", async () => {
  const alma = conversation({ isTaken: perSecond(50) });
  const end = alma.begin(100);
  await elapse(5_000);
  for (let n = 0; n < 10; n++) {
    const startedAt = performance.now();
    let took = Number.POSITIVE_INFINITY;
    void alma.send({ ...read, options: { ...caller, requestId: "screen" } }).then(() => {
      took = performance.now() - startedAt;
    });
    await elapse(600);
    // A turn, the answer, and a second turn if the first attempt was refused.
    expect(took).toBeLessThan(500);
  }
  await end();
});

test("a background call waiting for the pace moves forward when a caller needs it", async () => {
  const alma = conversation({ isTaken: perSecond(50) });
  const end = alma.begin(100);
  await elapse(5_000);
  /** Options like those of a shared read: the called property is a method. */
  class Shared implements CallOptions {
    readonly priority = "background";
    readonly promotes: ((requestId?: string) => void)[] = [];
    onQueued(promote: (requestId?: string) => void) {
      this.promotes.push(promote);
    }
  }
  const [shared, left] = [new Shared(), new Shared()];
  const answered: string[] = [];
  for (const [name, options] of Object.entries({ left, shared }))
    void alma.send({ ...read, options }).then(() => answered.push(name));
  expect([left.promotes.length, shared.promotes.length]).toEqual([1, 1]);
  shared.promotes[0]?.("screen");
  await elapse(200);
  expect(answered).toEqual(["shared"]);
  await end();
});

test("the timeout of a call does not run while it waits for its turn", async () => {
  let calls = 0;
  const limits = createCallLimits(64, quiet);
  const respond: Send = async ({ deadline = 0 }) => {
    expect(deadline - performance.now()).toBeGreaterThan(140);
    return ++calls <= 20 ? { ...ok, status: 429 } : ok;
  };
  const send = limits.around(withDeadline(withPace(respond, limits.pace), 150));
  await Promise.all(Array.from({ length: 20 }, () => send(read)));
  await elapse(1_000);
  expect(limits.pace.rate).toBeUndefined();
  const results = Promise.all(Array.from({ length: 10 }, () => send(read)));
  expect(limits.pace.rate).toBe(5);
  await elapse(2_500);
  expect((await results).map(({ status }) => status)).toEqual(Array(10).fill(200));
});
