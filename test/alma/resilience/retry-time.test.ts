import { beforeEach, expect, test, vi } from "vitest";
import { onAbort } from "../../../src/alma/http/abort.ts";
import { Unanswered } from "../../../src/alma/http/errors.ts";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import { type AlmaRequest, type AlmaResponse, signalOf } from "../../../src/alma/http/send.ts";
import { withDeadline } from "../../../src/alma/resilience/deadline.ts";
import { pause } from "../../../src/alma/resilience/pause.ts";
import { withRetry } from "../../../src/alma/resilience/retry.ts";
import { caller, quiet } from "../fake.ts";

// Timing of retries and hedges, on a clock that the test moves.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  return () => vi.useRealTimers();
});

/** How an attempt ends after some milliseconds: with a status or a broken connection; "silence" never ends. */
type AttemptOutcome =
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
 * A read with `timeout` milliseconds in all, whose attempts end as `outcomeOf` says. `attempts` has when each began and
 * how it ended, in milliseconds since the start; `pausedFor` is how long all other calls have to wait.
 */
function reading(
  outcomeOf: (attempt: number) => AttemptOutcome,
  {
    timeout = 1_000,
    retries = 6,
    ...request
  }: Partial<AlmaRequest> & { timeout?: number; retries?: number } = {},
) {
  const start = performance.now();
  const now = () => Math.round(performance.now() - start);
  const attempts: { at: number; end?: string }[] = [];
  const leaving = new LightSignal();
  const paused = pause(
    (request) =>
      new Promise<AlmaResponse>((resolve, reject) => {
        const attempt: (typeof attempts)[number] = { at: now() };
        const outcome = outcomeOf(attempts.push(attempt));
        const end = (how: string) => {
          attempt.end = `${how} at ${now()}`;
          clearTimeout(late);
          clearTimeout(answer);
          off();
        };
        const late = setTimeout(
          () => {
            end("given up");
            reject(new Unanswered("gave no answer in time", { sentAt: 0 }));
          },
          (request.deadline ?? Infinity) - performance.now(),
        );
        const answer =
          outcome === "silence"
            ? undefined
            : setTimeout(() => {
                end(`${outcome.status}`);
                if (outcome.status === "broken off") reject(new Unanswered("broke off", { sentAt: 0 }));
                else resolve({ body: { json: {} }, sentAt: 0, endedAt: 0, ...outcome });
              }, outcome.after);
        const off = onAbort(signalOf(request), (reason) => {
          end("ended");
          reject(reason);
        });
      }),
    { log: quiet, downAfter: 60_000 },
  );
  const answer = withDeadline(
    withRetry(paused.send, { retries }),
    timeout,
  )({ ...read, ...request, options: { ...caller, signal: leaving } }).then(
    ({ status }) => `${status} at ${now()}`,
    ({ message }: Error) => `${message} at ${now()}`,
  );
  const over = async () => {
    await vi.runAllTimersAsync();
    return { answer: await answer, attempts };
  };
  return { over, leaving, pausedFor: paused.pausedFor };
}

const good = (after: number): AttemptOutcome => ({ after, status: 200 });
const bad = (status: number, retryAfter?: number): AttemptOutcome => ({
  after: 0,
  status,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

test("a read that never succeeds is sent seven times, with exponential backoff", async () => {
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
  ["shorter than the backoff", 0, 50],
  ["longer than the backoff", 1_500, 1_500],
])("a Retry-After %s is obeyed", async (_, retryAfter, least) => {
  const outcomeOf = (attempt: number) => (attempt === 1 ? bad(429, retryAfter) : good(0));
  const { attempts, answer } = await reading(outcomeOf, { timeout: 5_000 }).over();
  expect(answer).toMatch(/^200/);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]?.at).toBeGreaterThanOrEqual(least);
  expect(attempts[1]?.at).toBeLessThanOrEqual(Math.max(retryAfter, 100) + 1);
});

test("a Retry-After beyond the deadline ends the call at once", async () => {
  const { attempts, answer } = await reading(() => bad(429, 1_000)).over();
  expect({ attempts, answer }).toEqual({ answer: "429 at 0", attempts: [{ at: 0, end: "429 at 0" }] });
});

test("the last response is returned if the deadline ends the next attempt", async () => {
  const outcomeOf = (attempt: number) => (attempt === 1 ? bad(429) : "silence");
  const { attempts, answer } = await reading(outcomeOf).over();
  expect(answer).toBe("429 at 1000");
  expect(attempts.map(({ end }) => end)).toEqual(["429 at 0", "given up at 1000", "given up at 1000"]);
});

test("a truncated response is not returned if the deadline ends the next attempt", async () => {
  const { answer } = await reading((attempt) =>
    attempt === 1 ? { after: 0, status: 200, body: { text: '{"id": 1, "na' } } : "silence",
  ).over();
  expect(answer).toBe("gave no answer in time at 1000");
});

test("a Retry-After that was waited for does not pause other calls", async () => {
  const { over, pausedFor } = reading((attempt) => (attempt === 1 ? bad(429, 300) : "silence"));
  expect((await over()).answer).toBe("429 at 1000");
  expect(pausedFor()).toBeUndefined();
});

test("a late response is returned if the deadline ends the hedge", async () => {
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

test("a Retry-After is obeyed although it arrives while a hedge is in flight", async () => {
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

test("a stalled read is answered by a hedge, which aborts it", async () => {
  const outcomeOf = (attempt: number) => (attempt === 1 ? "silence" : good(100));
  expect(await reading(outcomeOf).over()).toEqual({
    answer: "200 at 600",
    attempts: [
      { at: 0, end: "ended at 600" },
      { at: 500, end: "200 at 600" },
    ],
  });
});

test("a slow read is answered by its first attempt, which aborts the hedge", async () => {
  expect(await reading(() => good(800)).over()).toEqual({
    answer: "200 at 800",
    attempts: [
      { at: 0, end: "200 at 800" },
      { at: 500, end: "ended at 800" },
    ],
  });
});

test("a read that is answered within half of its time is not hedged", async () => {
  expect(await reading(() => good(499)).over()).toEqual({
    answer: "200 at 499",
    attempts: [{ at: 0, end: "200 at 499" }],
  });
});

test("a read that is never answered costs two attempts and the time of one call", async () => {
  expect(await reading(() => "silence").over()).toEqual({
    answer: "gave no answer in time at 1000",
    attempts: [
      { at: 0, end: "given up at 1000" },
      { at: 500, end: "given up at 1000" },
    ],
  });
});

test("a hedge that fails does not end the first attempt", async () => {
  expect(await reading((attempt) => (attempt === 2 ? bad(503) : good(800))).over()).toEqual({
    answer: "200 at 800",
    attempts: [
      { at: 0, end: "200 at 800" },
      { at: 500, end: "503 at 500" },
    ],
  });
});

test("a slow list is not hedged", async () => {
  expect(await reading(() => good(999), { canBeSlow: true }).over()).toEqual({
    answer: "200 at 999",
    attempts: [{ at: 0, end: "200 at 999" }],
  });
});

test("a write is never retried", async () => {
  expect(await reading(() => bad(503), { method: "PATCH" }).over()).toEqual({
    answer: "503 at 0",
    attempts: [{ at: 0, end: "503 at 0" }],
  });
});

test("an aborted read ends both attempts", async () => {
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

test("a read that is aborted during backoff ends at once", async () => {
  const { over, leaving } = reading(() => bad(429, 800));
  await vi.advanceTimersByTimeAsync(300);
  leaving.abort(new Error("gone"));
  expect(await over()).toEqual({ answer: "gone at 300", attempts: [{ at: 0, end: "429 at 0" }] });
});

test("the time until a hedge counts from the end of a pause", async () => {
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
