import { beforeEach, expect, test, vi } from "vitest";
import type { AlmaLog } from "../../../src/alma/http/alma-log.ts";
import { NoResponseError } from "../../../src/alma/http/errors.ts";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import { type AlmaRequest, type AlmaResponse, signalOf } from "../../../src/alma/http/send.ts";
import { onAbort } from "../../../src/alma/http/timer.ts";
import { createCallLimits } from "../../../src/alma/resilience/call-limits.ts";
import { createPause } from "../../../src/alma/resilience/pause.ts";
import { withDeadline, withRetry } from "../../../src/alma/resilience/retry.ts";
import { caller, quiet } from "../fake.ts";

// Timing of pauses, on a clock that only the test advances.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  return () => vi.useRealTimers();
});

const ok: AlmaResponse = { status: 200, body: { json: {} }, sentAt: 0, endedAt: 0 };
const read: AlmaRequest = { method: "GET", path: "", route: "", subject: "it", options: caller };

const elapse = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Resolves when only timers are left. */
async function settled(): Promise<void> {
  for (let ticks = 0; ticks < 5; ticks++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for a promise; the clock advances from timer to timer. */
async function skipWaiting<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    await settled();
    if (isSettled) return promise;
    vi.advanceTimersToNextTimer();
  }
}

/** Reads of units as createAlma composes them; `respond` is Alma, and `calls` lists the path of each call. */
function units(
  respond: (signal: LightSignal | undefined) => Promise<Partial<AlmaResponse>>,
  { timeout = 2_000, concurrency = 8, retries = 6, log = quiet as AlmaLog } = {},
) {
  const calls: string[] = [];
  const { send, downFor } = createPause(
    async (request) => {
      calls.push(request.path);
      return { ...ok, ...(await respond(signalOf(request))) };
    },
    { log, downAfter: timeout / 5 },
  );
  const limits = createCallLimits(concurrency, quiet);
  const turn = (request: AlmaRequest) => limits.turn(request);
  const limited = limits.around(withDeadline(withRetry(send, { retries, turn }), timeout));
  const get = (id: number, signal?: LightSignal) =>
    limited({ ...read, path: `realty/units/${id}/`, options: { ...caller, ...(signal && { signal }) } });
  /** Reads ten units that fail, and waits until Alma counts as down. A probe is due then. */
  const untilDown = async () => {
    for (let id = 1; id <= 10; id++) await get(id);
    await elapse(timeout / 5);
    expect(downFor()).toBe(0);
  };
  return { calls, get, downFor, untilDown };
}

/** Reads 200 units of an Alma that fails all calls for `ms` from the hundredth call on. */
async function shortOutage(ms: number, fail: () => Partial<AlmaResponse>) {
  let asked = 0;
  let failures = 0;
  let endsAt = 0;
  const { get, calls, downFor } = units(
    async () => {
      if (++asked === 100) endsAt = performance.now() + ms;
      const isFailing = performance.now() < endsAt;
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (!isFailing) return ok;
      failures++;
      return fail();
    },
    { timeout: 15_000, concurrency: 16 },
  );
  const reads = Array.from({ length: 200 }, (_, id) => get(id + 1));
  const results = await skipWaiting(Promise.allSettled(reads));
  const failedReads = results.filter((result) => result.status === "rejected" || result.value.status !== 200);
  return { failedReads: failedReads.length, failures, calls: calls.length, downFor };
}

test.each([
  ["503 for 0.1 s", 100, () => ({ status: 503 })],
  ["503 for 1 s", 1_000, () => ({ status: 503 })],
  ["503 for 2 s", 2_000, () => ({ status: 503 })],
  [
    "broken connections for 1 s",
    1_000,
    () => {
      throw new NoResponseError("broke off", { sentAt: 0 });
    },
  ],
])("a short outage costs time and a few calls, but no reads: %s", async (_, ms, fail) => {
  const { failedReads, failures, calls, downFor } = await shortOutage(ms, fail);
  expect(failedReads).toBe(0);
  expect(calls).toBe(200 + failures);
  // The calls in flight at the start, those requested again before the tenth failure, and probes after 0.1, 0.2, 0.4
  // and 0.8 s.
  expect(failures).toBeLessThanOrEqual(16 + 9 + 4);
  expect(downFor()).toBeUndefined();
});

test("a short outage with failures that are not retried fails only the affected reads", async () => {
  const { failedReads, failures, calls } = await shortOutage(200, () => ({ status: 500 }));
  expect(failedReads).toBe(failures);
  expect(calls).toBe(200);
  // The calls in flight at the start, one call for each failure before the tenth, and the probe after 0.1 s.
  expect(failures).toBeGreaterThanOrEqual(10);
  expect(failures).toBeLessThanOrEqual(16 + 9 + 1);
});

test("no probe is sent before a failing Alma's Retry-After has passed", async () => {
  let asked = 0;
  const { get, calls } = units(
    async () => (asked++ < 8 ? { status: 503 } : { status: 503, retryDelay: 1_000 }),
    { timeout: 15_000, concurrency: 16 },
  );
  const leaving = new LightSignal();
  const reads = Array.from({ length: 20 }, (_, id) => get(id + 1, leaving));
  await settled();
  expect(calls).toHaveLength(16);
  await elapse(999);
  expect(calls).toHaveLength(16);
  await elapse(1);
  expect(calls).toHaveLength(16 + 1);
  leaving.abort(new Error("left"));
  await Promise.allSettled(reads);
});

test("after failures for a fifth of the timeout, calls fail at once and say when to retry", async () => {
  const { get, calls, downFor, untilDown } = units(async () => ({ status: 500 }));
  await untilDown();
  expect(await get(1)).toMatchObject({ status: 500 });
  expect(downFor()).toBe(200);
  await elapse(1);
  await expect(get(1)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE", retryAfter: 1 });
  expect(downFor()).toBe(199);
  expect(calls).toHaveLength(10 + 1);
});

test("one call is sent as a probe, and its answer lets the others follow", async () => {
  let answer = () => {};
  const answered = new Promise<AlmaResponse>((resolve) => {
    answer = () => resolve(ok);
  });
  let isDown = true;
  const { get, calls, downFor, untilDown } = units(async () => (isDown ? { status: 502 } : answered), {
    retries: 0,
  });
  await untilDown();
  isDown = false;
  const probe = get(1);
  await expect(get(2)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
  expect(calls).toHaveLength(10 + 1);
  answer();
  expect(await probe).toMatchObject({ status: 200 });
  expect(downFor()).toBeUndefined();
  expect(await get(2)).toMatchObject({ status: 200 });
});

test("a probe that fails or is aborted does not end the pause", async () => {
  let isSilent = false;
  const { get, calls, downFor, untilDown } = units(
    (signal) =>
      isSilent ? new Promise((_, reject) => void onAbort(signal, reject)) : Promise.resolve({ status: 500 }),
    { retries: 0 },
  );
  await untilDown();
  isSilent = true;
  const leaving = new LightSignal();
  const left = get(1, leaving);
  expect(calls).toHaveLength(10 + 1);
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  isSilent = false;
  for (const [index, backoff] of [200, 400, 800, 1_000, 1_000].entries()) {
    expect(await get(1)).toMatchObject({ status: 500 });
    expect(downFor()).toBe(backoff);
    await expect(get(1)).rejects.toMatchObject({ retryAfter: 1 });
    expect(calls).toHaveLength(10 + 2 + index);
    await elapse(backoff);
  }
});

test("an Alma that is down gets few probes, whatever the load", async () => {
  const lines: string[] = [];
  const say = (_: object, message: string) => lines.push(message);
  const { get, calls } = units(() => Promise.reject(new NoResponseError("nobody there", {})), {
    log: { debug: () => {}, info: say, warn: say },
  });
  const endsAt = performance.now() + 2_500;
  const loads = Array.from({ length: 20 }, async (_, id) => {
    while (performance.now() < endsAt) {
      await get(id).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  await skipWaiting(Promise.all(loads));
  // Two attempts of eight concurrent calls, then probes after 0.1, 0.2, 0.4, 0.8 and 1 s.
  expect(calls.length).toBeLessThanOrEqual(16 + 5);
  expect(lines).toEqual(["Alma is down: calls fail at once until a probe is answered"]);
});

/** A paused Alma that is down; the test answers its uploads. A probe is due. */
async function downForUploads() {
  const uploads: ((response: Partial<AlmaResponse>) => void)[] = [];
  const alma = { isUp: false, asked: 0 };
  const { send, downFor } = createPause(
    ({ body }) => {
      if (typeof body === "object")
        return new Promise((resolve) => uploads.push((given) => resolve({ ...ok, ...given })));
      alma.asked++;
      return alma.isUp ? Promise.resolve(ok) : Promise.reject(new NoResponseError("nobody there", {}));
    },
    { log: quiet, downAfter: 20 },
  );
  const ask = () => send(read).catch((error: NoResponseError) => error);
  const body = { type: "multipart/form-data", content: (async function* () {})() };
  const upload = () => send({ ...read, method: "POST", body }).catch((error: NoResponseError) => error);
  const untilProbe = async () => {
    await elapse(downFor() ?? 0);
    expect(downFor()).toBe(0);
  };
  const goDown = async () => {
    for (let tries = 0; tries < 10; tries++) await ask();
    await elapse(20);
    expect(downFor()).toBeGreaterThan(0);
    await untilProbe();
  };
  await goDown();
  return { alma, uploads, ask, upload, downFor, untilProbe, goDown };
}

test("a slow upload as the probe of a failing Alma delays the next probe by a second at most", async () => {
  const { alma, uploads, ask, upload, downFor } = await downForUploads();
  const slow = upload();
  expect(uploads).toHaveLength(1);
  alma.isUp = true;
  await elapse(1_000);
  expect(await ask()).toMatchObject({ status: 200 });
  expect(downFor()).toBeUndefined();
  uploads[0]?.({ status: 201 });
  expect(await slow).toMatchObject({ status: 201 });
});

test("if only uploads are sent, one of them is the probe, and the others follow its answer", async () => {
  const { alma, uploads, upload, downFor, untilProbe } = await downForUploads();
  const asked = alma.asked;
  const failing = upload();
  expect(await upload()).toBeInstanceOf(NoResponseError);
  uploads[0]?.({ status: 502 });
  expect(await failing).toMatchObject({ status: 502 });
  expect(await upload()).toMatchObject({ code: "ALMA_UNAVAILABLE" });
  await untilProbe();
  const first = upload();
  expect(uploads).toHaveLength(2);
  uploads[1]?.({ status: 201 });
  expect(await first).toMatchObject({ status: 201 });
  expect(downFor()).toBeUndefined();
  expect(alma.asked).toBe(asked);
});

test("a probe of one outage does not count in the next", async () => {
  const { alma, uploads, ask, upload, downFor, goDown } = await downForUploads();
  const slow = upload();
  alma.isUp = true;
  await elapse(1_000);
  await ask();
  expect(downFor()).toBeUndefined();
  alma.isUp = false;
  await goDown();
  uploads[0]?.({ status: 201 });
  expect(await slow).toMatchObject({ status: 201 });
  expect(downFor()).toBeDefined();
  // Nor does it prevent this outage's probe.
  const next = upload();
  expect(uploads).toHaveLength(2);
  uploads[1]?.({ status: 201 });
  expect(await next).toMatchObject({ status: 201 });
  expect(downFor()).toBeUndefined();
});

/** Pausable calls to an Alma whose answers the test gives. */
function byHand() {
  const asked: ((response: Partial<AlmaResponse>) => void)[] = [];
  const { send, pausedFor } = createPause(
    () => new Promise((resolve) => asked.push((response) => resolve({ ...ok, ...response }))),
    { log: quiet, downAfter: 3_000 },
  );
  const ask = (ms: number, given: Partial<AlmaRequest> = {}) => {
    const answer = send({ ...read, ...given, deadline: performance.now() + ms });
    answer.catch(() => {});
    return answer;
  };
  const body = { type: "multipart/form-data", content: (async function* () {})() };
  const upload = (ms: number) => ask(ms, { method: "POST", body });
  return { asked, ask, upload, pausedFor };
}

test("after a Retry-After one call is sent as a probe, and the others follow its answer", async () => {
  const { asked, ask, pausedFor } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 503, retryDelay: 100 });
  expect((await first).status).toBe(503);
  const waiting = [ask(1_000), ask(1_000), ask(1_000)];
  await elapse(99);
  expect(asked).toHaveLength(1);
  await elapse(1);
  expect(asked).toHaveLength(2);
  asked[1]?.({});
  await settled();
  expect(asked).toHaveLength(4);
  expect(pausedFor()).toBeUndefined();
  for (const answer of asked) answer({});
  await Promise.all(waiting);
});

test("a probe that gets another Retry-After prolongs the pause", async () => {
  const { asked, ask } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 429, retryDelay: 30 });
  await first;
  const waiting = [ask(500), ask(500)];
  await elapse(30);
  expect(asked).toHaveLength(2);
  asked[1]?.({ status: 429, retryDelay: 5_000 });
  const results = await Promise.allSettled(waiting);
  // The first call to wake up is the probe.
  const ends = results.map((result) =>
    result.status === "fulfilled" ? `${result.value.status}` : result.reason.code,
  );
  expect(ends.toSorted()).toEqual(["429", "ALMA_THROTTLED"]);
  expect(asked).toHaveLength(2);
});

test("a slow upload as the probe after a Retry-After delays the next probe by a second at most", async () => {
  const { asked, ask, upload, pausedFor } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 503, retryDelay: 30 });
  await first;
  await elapse(30);
  expect(pausedFor()).toBe(0);
  const slow = upload(5_000);
  await settled();
  expect(asked).toHaveLength(2);
  const answer = ask(1_500);
  const waiting = upload(5_000);
  await elapse(999);
  expect(asked).toHaveLength(2);
  await elapse(1);
  expect(asked).toHaveLength(3);
  asked[2]?.({});
  expect((await answer).status).toBe(200);
  await settled();
  // The pause has ended: the other upload is sent as well.
  expect(pausedFor()).toBeUndefined();
  expect(asked).toHaveLength(4);
  for (const end of asked) end({});
  await Promise.all([slow, waiting]);
});

test("a hung probe gives way to the next: Alma is read again 3 s after it recovers", async () => {
  const timeout = 15_000;
  let isHanging = true;
  const { get, downFor } = units(
    async () => {
      if (!isHanging) return ok;
      // The request is lost: its attempt ends at the call's deadline.
      await new Promise((resolve) => setTimeout(resolve, timeout));
      throw new NoResponseError("did not answer in time", { sentAt: 0 });
    },
    { timeout, retries: 0, concurrency: 10 },
  );
  const failed = Promise.allSettled(Array.from({ length: 10 }, (_, id) => get(id)));
  await elapse(timeout);
  expect((await failed).map(({ status }) => status)).not.toContain("fulfilled");
  // Callers keep asking.
  const asking = setInterval(() => void get(1).catch(() => {}), 50);
  await elapse(20_000);
  expect(downFor()).toBeDefined();
  isHanging = false;
  await elapse(3_000);
  expect(downFor()).toBeUndefined();
  expect(await get(2)).toMatchObject({ status: 200 });
  clearInterval(asking);
});

test("a late answer to a probe ends the pause, because Alma may be slower than a probe waits", async () => {
  let answer = () => {};
  const answered = new Promise<Partial<AlmaResponse>>((resolve) => {
    answer = () => resolve(ok);
  });
  let isDown = true;
  const silent = new Promise<Partial<AlmaResponse>>(() => {});
  const { get, calls, downFor, untilDown } = units(
    async () => (isDown ? { status: 502 } : calls.length === 10 + 1 ? answered : silent),
    { retries: 0, timeout: 15_000 },
  );
  await untilDown();
  isDown = false;
  const slow = get(1);
  await elapse(1_500);
  await settled();
  expect(calls).toHaveLength(10 + 1);
  void get(2);
  expect(calls).toHaveLength(10 + 2);
  await expect(get(3)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
  answer();
  expect(await slow).toMatchObject({ status: 200 });
  expect(downFor()).toBeUndefined();
});
