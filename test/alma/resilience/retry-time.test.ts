import { beforeEach, expect, test, vi } from "vitest";
import { NoResponseError } from "../../../src/alma/http/errors.ts";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import { type AlmaRequest, type AlmaResponse, signalOf } from "../../../src/alma/http/send.ts";
import { onAbort } from "../../../src/alma/http/timer.ts";
import { createPause } from "../../../src/alma/resilience/pause.ts";
import { type RetryOptions, withDeadline, withRetry } from "../../../src/alma/resilience/retry.ts";
import { caller, quiet } from "../fake.ts";

// Timing of retries, on a clock that the test advances.

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  return () => vi.useRealTimers();
});

/** How an attempt ends after some milliseconds: a status, a broken connection, or "silence", which never ends. */
type AttemptOutcome =
  | {
      readonly after: number;
      readonly status: number;
      readonly retryDelay?: number;
      readonly body?: AlmaResponse["body"];
    }
  | { readonly after: number; readonly status: "broken off" }
  | "silence";

const read: AlmaRequest = { method: "GET", path: "", route: "", subject: "unit 1", options: caller };

/**
 * A read with a total of `timeout` milliseconds whose attempts end as `outcomeOf` returns. `attempts` has the start and
 * the outcome of each, in milliseconds since the start; `pausedFor` is the pause of all other calls.
 */
function reading(
  outcomeOf: (attempt: number) => AttemptOutcome,
  {
    timeout = 1_000,
    retries = 6,
    turn = () => undefined,
    ...request
  }: Partial<AlmaRequest> & { timeout?: number; retries?: number; turn?: RetryOptions["turn"] } = {},
) {
  const start = performance.now();
  const now = () => Math.round(performance.now() - start);
  const attempts: { at: number; end?: string }[] = [];
  const leaving = new LightSignal();
  const paused = createPause(
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
            reject(new NoResponseError("did not answer in time", { sentAt: 0 }));
          },
          (request.deadline ?? Infinity) - performance.now(),
        );
        const answer =
          outcome === "silence"
            ? undefined
            : setTimeout(() => {
                end(`${outcome.status}`);
                if (outcome.status === "broken off") reject(new NoResponseError("broke off", { sentAt: 0 }));
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
    withRetry(paused.send, { retries, turn }),
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
const bad = (status: number, retryDelay?: number): AttemptOutcome => ({
  after: 0,
  status,
  ...(retryDelay === undefined ? {} : { retryDelay }),
});

test.each([502, 503, 504])("three answers with %i end a read, also among other failures", async (status) => {
  const failing = await reading(() => bad(status), { timeout: 15_000 }).over();
  expect([failing.answer, failing.attempts.length]).toEqual([expect.stringMatching(`^${status}`), 3]);
  const outcomeOf = (attempt: number) => (attempt % 2 ? bad(status) : bad(429));
  const mixed = await reading(outcomeOf, { timeout: 30_000 }).over();
  expect([mixed.answer, mixed.attempts.length]).toEqual([expect.stringMatching(`^${status}`), 5]);
});

test("a read that is never answered is sent seven times, with exponential backoff", async () => {
  const outcome = { after: 0, status: "broken off" } as const;
  const { attempts, answer } = await reading(() => outcome, { timeout: 15_000 }).over();
  expect(answer).toMatch(/^broke off/);
  expect(attempts).toHaveLength(7);
  const pauses = attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.at ?? 0));
  for (const [index, most] of [100, 200, 400, 800, 1_600, 2_000].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(most / 2 - 1);
    expect(pauses[index]).toBeLessThanOrEqual(most + 1);
  }
});

test.each([
  ["shorter than the backoff", 0, 200],
  ["longer than the backoff", 1_500, 1_500],
])("a Retry-After %s is obeyed", async (_, retryDelay, least) => {
  const outcomeOf = (attempt: number) => (attempt === 1 ? bad(429, retryDelay) : good(0));
  const { attempts, answer } = await reading(outcomeOf, { timeout: 5_000 }).over();
  expect(answer).toMatch(/^200/);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]?.at).toBeGreaterThanOrEqual(least);
  expect(attempts[1]?.at).toBeLessThanOrEqual(Math.max(retryDelay, 400) + 1);
});

test("a Retry-After beyond the deadline ends the call at once", async () => {
  const { attempts, answer } = await reading(() => bad(429, 1_000)).over();
  expect({ attempts, answer }).toEqual({ answer: "429 at 0", attempts: [{ at: 0, end: "429 at 0" }] });
});

test("the last response is returned if the deadline ends the next attempt", async () => {
  const outcomeOf = (attempt: number) => (attempt === 1 ? bad(429) : "silence");
  const { attempts, answer } = await reading(outcomeOf).over();
  expect(answer).toBe("429 at 1000");
  expect(attempts.map(({ end }) => end)).toEqual(["429 at 0", "given up at 1000"]);
});

test("a truncated response is not returned if the deadline ends the next attempt", async () => {
  const { answer } = await reading((attempt) =>
    attempt === 1 ? { after: 0, status: 200, body: { text: '{"id": 1, "na' } } : "silence",
  ).over();
  expect(answer).toBe("did not answer in time at 1000");
});

test("waiting for a Retry-After does not pause other calls", async () => {
  const { over, pausedFor } = reading((attempt) => (attempt === 1 ? bad(429, 300) : "silence"));
  expect((await over()).answer).toBe("429 at 1000");
  expect(pausedFor()).toBeUndefined();
});

test("a read that is never answered costs one attempt, and the time of one call", async () => {
  expect(await reading(() => "silence").over()).toEqual({
    answer: "did not answer in time at 1000",
    attempts: [{ at: 0, end: "given up at 1000" }],
  });
});

test("a write is retried after a 429, which means that it was not performed, and after nothing else", async () => {
  const outcomeOf = (attempt: number) => (attempt < 3 ? bad(429) : good(0));
  const { answer, attempts } = await reading(outcomeOf, { timeout: 5_000, method: "PATCH" }).over();
  expect(answer).toMatch(/^200/);
  expect(attempts).toHaveLength(3);
  expect(await reading(() => bad(503), { method: "PATCH" }).over()).toEqual({
    answer: "503 at 0",
    attempts: [{ at: 0, end: "503 at 0" }],
  });
  const brokenOff = { after: 0, status: "broken off" } as const;
  expect(await reading(() => brokenOff, { method: "POST" }).over()).toEqual({
    answer: "broke off at 0",
    attempts: [{ at: 0, end: "broken off at 0" }],
  });
});

test("a file is not sent again, because it can be read only once", async () => {
  const body = { type: "multipart/form-data", content: (async function* () {})() };
  const { attempts } = await reading(() => bad(429), { method: "POST", body }).over();
  expect(attempts).toEqual([{ at: 0, end: "429 at 0" }]);
});

test.each(["GET", "PATCH"] as const)(
  "a %s whose turn comes after its deadline is not sent again",
  async (method) => {
    const turn = () => new Promise((resolve) => setTimeout(resolve, 2_000));
    const { answer, attempts } = await reading(() => bad(429), { method, turn }).over();
    expect(answer).toMatch(/^429/);
    expect(attempts).toEqual([{ at: 0, end: "429 at 0" }]);
  },
);

test("an aborted read ends its attempt", async () => {
  const { over, leaving } = reading(() => "silence");
  await vi.advanceTimersByTimeAsync(700);
  leaving.abort(new Error("gone"));
  expect(await over()).toEqual({
    answer: "gone at 700",
    attempts: [{ at: 0, end: "ended at 700" }],
  });
});

test("a read that is aborted during backoff ends at once", async () => {
  const { over, leaving } = reading(() => bad(429, 800));
  await vi.advanceTimersByTimeAsync(300);
  leaving.abort(new Error("gone"));
  expect(await over()).toEqual({ answer: "gone at 300", attempts: [{ at: 0, end: "429 at 0" }] });
});
