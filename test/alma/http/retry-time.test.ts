import { beforeEach, expect, test, vi } from "vitest";
import { onAbort } from "../../../src/alma/http/abort.ts";
import { withDeadline } from "../../../src/alma/http/deadline.ts";
import { Unanswered } from "../../../src/alma/http/errors.ts";
import { pause } from "../../../src/alma/http/pause.ts";
import { withRetry } from "../../../src/alma/http/retry.ts";
import type { AlmaRequest, AlmaResponse } from "../../../src/alma/http/send.ts";
import { caller, quiet } from "../fake.ts";

// What takes how long, on a clock that the test moves.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  return () => vi.useRealTimers();
});

/** What an attempt comes to after some milliseconds: an answer of a status, or a broken connection; or silence. */
type Fate =
  | {
      readonly after: number;
      readonly status: number;
      readonly retryAfter?: number;
      readonly body?: AlmaResponse["body"];
    }
  | { readonly after: number; readonly status: "broken off" }
  | "silence";

const read: AlmaRequest = { method: "GET", path: "", route: "", subject: "unit 1", options: caller };

/**
 * A read with `timeout` milliseconds in all, of which each attempt comes to what `fate` says. `attempts` tells when
 * each began and how it ended, in milliseconds since the start, `pausedFor` for how long all other calls have to wait.
 */
function reading(
  fate: (attempt: number) => Fate,
  {
    timeout = 1_000,
    retries = 6,
    ...request
  }: Partial<AlmaRequest> & { timeout?: number; retries?: number } = {},
) {
  const start = performance.now();
  const now = () => Math.round(performance.now() - start);
  const attempts: { at: number; end?: string }[] = [];
  const leaving = new AbortController();
  const paused = pause(
    ({ deadline: last = Infinity, options: { signal } }) =>
      new Promise<AlmaResponse>((resolve, reject) => {
        const attempt: (typeof attempts)[number] = { at: now() };
        const one = fate(attempts.push(attempt));
        const end = (how: string) => {
          attempt.end = `${how} at ${now()}`;
          clearTimeout(late);
          clearTimeout(answer);
          off();
        };
        const late = setTimeout(() => {
          end("given up");
          reject(new Unanswered("gave no answer in time", { sentAt: 0 }));
        }, last - performance.now());
        const answer =
          one === "silence"
            ? undefined
            : setTimeout(() => {
                end(`${one.status}`);
                if (one.status === "broken off") reject(new Unanswered("broke off", { sentAt: 0 }));
                else resolve({ body: { json: {} }, sentAt: 0, endedAt: 0, ...one });
              }, one.after);
        const off = onAbort(signal, (reason) => {
          end("ended");
          reject(reason);
        });
      }),
    { log: quiet, downAfter: 60_000 },
  );
  const answer = withDeadline(
    withRetry(paused.send, { retries }),
    timeout,
  )({ ...read, ...request, options: { ...caller, signal: leaving.signal } }).then(
    ({ status }) => `${status} at ${now()}`,
    ({ message }: Error) => `${message} at ${now()}`,
  );
  const over = async () => {
    await vi.runAllTimersAsync();
    return { answer: await answer, attempts };
  };
  return { over, leaving, pausedFor: paused.pausedFor };
}

const good = (after: number): Fate => ({ after, status: 200 });
const bad = (status: number, retryAfter?: number): Fate => ({
  after: 0,
  status,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

test("a read that never succeeds is tried seven times, with growing pauses", async () => {
  const { attempts, answer } = await reading(() => bad(503), { timeout: 15_000 }).over();
  expect(answer).toMatch(/^503/);
  expect(attempts).toHaveLength(7);
  const pauses = attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.at ?? 0));
  for (const [index, most] of [100, 200, 400, 800, 1_600, 2_000].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(most / 2 - 1);
    expect(pauses[index]).toBeLessThanOrEqual(most + 1);
  }
});

test.each([
  ["shorter than a pause", 0, 50],
  ["longer than a pause", 1_500, 1_500],
])("a Retry-After that is %s", async (_, retryAfter, least) => {
  const fate = (attempt: number) => (attempt === 1 ? bad(429, retryAfter) : good(0));
  const { attempts, answer } = await reading(fate, { timeout: 5_000 }).over();
  expect(answer).toMatch(/^200/);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]?.at).toBeGreaterThanOrEqual(least);
  expect(attempts[1]?.at).toBeLessThanOrEqual(Math.max(retryAfter, 100) + 1);
});

test("a pause that the call's time does not hold is not made", async () => {
  const { attempts, answer } = await reading(() => bad(429, 1_000)).over();
  expect({ attempts, answer }).toEqual({ answer: "429 at 0", attempts: [{ at: 0, end: "429 at 0" }] });
});

test("an attempt that the call's time cuts off says less than the answer before it", async () => {
  const fate = (attempt: number) => (attempt === 1 ? bad(429) : "silence");
  const { attempts, answer } = await reading(fate).over();
  expect(answer).toBe("429 at 1000");
  expect(attempts.map(({ end }) => end)).toEqual(["429 at 0", "given up at 1000", "given up at 1000"]);
});

test("an answer that was cut short says no more than silence", async () => {
  const { answer } = await reading((attempt) =>
    attempt === 1 ? { after: 0, status: 200, body: { text: '{"id": 1, "na' } } : "silence",
  ).over();
  expect(answer).toBe("gave no answer in time at 1000");
});

test("a Retry-After that was waited for holds nobody back when the next attempt is cut off", async () => {
  const { over, pausedFor } = reading((attempt) => (attempt === 1 ? bad(429, 300) : "silence"));
  expect((await over()).answer).toBe("429 at 1000");
  expect(pausedFor()).toBeUndefined();
});

test("an answer that comes late, while a second attempt is under way, counts if that is cut off", async () => {
  const { over, pausedFor } = reading((attempt) =>
    attempt === 1 ? { after: 700, status: 429, retryAfter: 60_000 } : "silence",
  );
  expect(await over()).toEqual({
    answer: "429 at 1000",
    attempts: [
      { at: 0, end: "429 at 700" },
      { at: 500, end: "given up at 1000" },
    ],
  });
  expect(pausedFor()).toBe(59_700);
});

test("a Retry-After is obeyed though a second attempt was under way when it came, and broke off", async () => {
  const { attempts, answer } = await reading(
    (attempt) => {
      if (attempt === 1) return { after: 5_500, status: 429, retryAfter: 3_000 };
      return attempt === 2 ? { after: 1_000, status: "broken off" } : good(0);
    },
    { timeout: 10_000 },
  ).over();
  expect(attempts.map(({ end }) => end)).toEqual(["429 at 5500", "broken off at 6000", "200 at 8500"]);
  expect(answer).toBe("200 at 8500");
});

test("a single record that stalls once is still won by a second attempt, whose answer ends the first", async () => {
  const fate = (attempt: number) => (attempt === 1 ? "silence" : good(100));
  expect(await reading(fate).over()).toEqual({
    answer: "200 at 600",
    attempts: [
      { at: 0, end: "ended at 600" },
      { at: 500, end: "200 at 600" },
    ],
  });
});

test("a record that takes most of a call's time is answered, though it was asked for again meanwhile", async () => {
  expect(await reading(() => good(800)).over()).toEqual({
    answer: "200 at 800",
    attempts: [
      { at: 0, end: "200 at 800" },
      { at: 500, end: "ended at 800" },
    ],
  });
});

test("a record that is answered in less than half of the time is asked for once", async () => {
  expect(await reading(() => good(499)).over()).toEqual({
    answer: "200 at 499",
    attempts: [{ at: 0, end: "200 at 499" }],
  });
});

test("a record that is never answered costs two attempts and the time of one call", async () => {
  expect(await reading(() => "silence").over()).toEqual({
    answer: "gave no answer in time at 1000",
    attempts: [
      { at: 0, end: "given up at 1000" },
      { at: 500, end: "given up at 1000" },
    ],
  });
});

test("a second attempt that fails leaves the first alone", async () => {
  expect(await reading((attempt) => (attempt === 2 ? bad(503) : good(800))).over()).toEqual({
    answer: "200 at 800",
    attempts: [
      { at: 0, end: "200 at 800" },
      { at: 500, end: "503 at 500" },
    ],
  });
});

test("a list may take nearly all the time of a call, and is then asked for once", async () => {
  expect(await reading(() => good(999), { canBeSlow: true }).over()).toEqual({
    answer: "200 at 999",
    attempts: [{ at: 0, end: "200 at 999" }],
  });
});

test("a write is sent once, whatever comes of it", async () => {
  expect(await reading(() => bad(503), { method: "PATCH" }).over()).toEqual({
    answer: "503 at 0",
    attempts: [{ at: 0, end: "503 at 0" }],
  });
});

test("a reader who leaves ends both attempts", async () => {
  const { over, leaving } = reading(() => "silence");
  await vi.advanceTimersByTimeAsync(700);
  leaving.abort(new Error("gone"));
  expect(await over()).toEqual({
    answer: "gone at 700",
    attempts: [
      { at: 0, end: "ended at 700" },
      { at: 500, end: "ended at 700" },
    ],
  });
});

test("a reader who leaves during a pause is let go", async () => {
  const { over, leaving } = reading(() => bad(429, 800));
  await vi.advanceTimersByTimeAsync(300);
  leaving.abort(new Error("gone"));
  expect(await over()).toEqual({ answer: "gone at 300", attempts: [{ at: 0, end: "429 at 0" }] });
});

test("a read that was paused has half of its remaining time, not none, before it is sent again", async () => {
  const { over, attempts } = pausedReading(800);
  expect(await over()).toBe(200);
  expect(attempts).toEqual([800]);
});

/** A read of 1,000 ms that arrives when calls are paused for `ms`, and is answered 50 ms after it is sent. */
function pausedReading(ms: number) {
  const start = performance.now();
  const attempts: number[] = [];
  const throttled: AlmaResponse = { status: 429, retryAfter: ms, body: { text: "" }, sentAt: 0, endedAt: 0 };
  let isThrottling = true;
  const { send } = pause(
    async ({ subject }) => {
      if (isThrottling) return throttled;
      if (subject === read.subject) attempts.push(Math.round(performance.now() - start));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { ...throttled, status: 200, body: { json: {} } };
    },
    { log: quiet, downAfter: 60_000 },
  );
  const retried = withRetry(send, { retries: 6 });
  const over = async () => {
    await withDeadline(retried, 10)({ ...read, subject: "unit 2" });
    isThrottling = false;
    const answer = withDeadline(retried, 1_000)(read);
    await vi.runAllTimersAsync();
    return (await answer).status;
  };
  return { over, attempts };
}
