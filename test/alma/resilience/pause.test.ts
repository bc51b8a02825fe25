import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { Unanswered } from "../../../src/alma/http/errors.ts";
import type { AlmaRequest, AlmaResponse } from "../../../src/alma/http/send.ts";
import type { Alma } from "../../../src/alma/index.ts";
import { pause } from "../../../src/alma/resilience/pause.ts";
import {
  nextState,
  openState,
  type PauseEvent,
  type PauseEventName,
  type PauseState,
  type PauseStateName,
} from "../../../src/alma/resilience/pause-state.ts";
import { createSimulator } from "../../../src/simulator/index.ts";
import { type Answer, caller, client, conversation, fakeAlma, html, quiet } from "../fake.ts";

/** A state at the time 1,000, when a probe may be sent. */
const states: Readonly<Record<PauseStateName, PauseState>> = {
  open: openState,
  throttled: { ...openState, name: "throttled", probeAt: 1_000 },
  failing: { ...openState, name: "failing", probeAt: 1_000, backoff: 100, failures: 10, failingSince: 900 },
};

test.each<[PauseStateName, PauseEventName, PauseStateName, { probeAt?: number; failures?: number }]>([
  ["open", "answered", "open", { failures: 0 }],
  ["open", "failed", "open", { failures: 1 }],
  ["open", "askedToWait", "throttled", { probeAt: 6_000 }],
  ["throttled", "answered", "throttled", { probeAt: 1_000 }],
  ["throttled", "failed", "throttled", { failures: 1 }],
  ["throttled", "probeAnswered", "open", {}],
  ["throttled", "probeFailed", "open", { failures: 1 }],
  ["throttled", "askedToWait", "throttled", { probeAt: 6_000 }],
  ["failing", "answered", "failing", { probeAt: 1_000, failures: 10 }],
  ["failing", "failed", "failing", { probeAt: 1_000, failures: 11 }],
  ["failing", "probeAnswered", "open", { failures: 0 }],
  ["failing", "probeFailed", "failing", { probeAt: 6_000, failures: 11 }],
  ["failing", "askedToWait", "throttled", { probeAt: 6_000, failures: 10 }],
])("%s, %s: %s %o", (state, event, expected, details) => {
  const happened = { now: 1_000, downAfter: 3_000, address: "realty/units/1/", retryAfter: 5_000 };
  expect(nextState(states[state], event, happened)).toMatchObject({ name: expected, ...details });
});

/** The state after so many failures of different addresses, a probe's each from the tenth on. */
function afterFailures(count: number, event: Partial<PauseEvent> = {}): PauseState {
  let state = openState;
  for (let n = 0; n < count; n++)
    state = nextState(state, n < 10 ? "failed" : "probeFailed", {
      now: 0,
      downAfter: 3_000,
      address: `${n}`,
      ...event,
    });
  return state;
}

test("ten failures in a row pause calls, of different addresses or because nobody was there", () => {
  expect(afterFailures(9).name).toBe("open");
  expect(afterFailures(10).name).toBe("failing");
  expect(afterFailures(30, { address: "realty/units/1/" }).name).toBe("open");
  expect(afterFailures(10, { address: undefined }).name).toBe("failing");
});

test("probes of a failing Alma become rarer, and once more when it is down", () => {
  const probes = (event: Partial<PauseEvent>) =>
    [10, 11, 12, 13, 14].map((n) => afterFailures(n, event).backoff);
  expect(probes({})).toEqual([100, 200, 400, 500, 500]);
  expect(probes({ downAfter: 0 })).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
});

test("a Retry-After of an hour keeps probes away for a minute", () => {
  expect(afterFailures(10, { retryAfter: 3_600_000 }).probeAt).toBe(60_000);
  expect(nextState(openState, "askedToWait", { now: 0, downAfter: 0, retryAfter: 3_600_000 }).probeAt).toBe(
    60_000,
  );
});

test("a Retry-After that is prolonged while a probe is under way outlasts the probe", () => {
  const event = { now: 1_000, downAfter: 3_000 };
  const prolonged = nextState(states.throttled, "askedToWait", { ...event, retryAfter: 500 });
  expect(nextState(prolonged, "probeAnswered", event)).toMatchObject({ name: "throttled", probeAt: 1_500 });
  expect(nextState(prolonged, "probeFailed", event)).toMatchObject({ name: "throttled", probeAt: 1_500 });
});

const settled = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads one unit after the other until Alma counts as down: after 0.4 s, a fifth of the timeout of 2 s. */
async function untilDown({ alma }: { alma: Alma }) {
  for (let id = 1; alma.state().downFor === undefined; id++)
    await alma.unit.get({ id }, caller).catch(() => {});
}

test("after failures for a fifth of ALMA_TIMEOUT, calls fail at once and say when to retry", async () => {
  const talk = await conversation(() => [500, html]);
  await untilDown(talk);
  const { alma, paths } = talk;
  const asked = paths().length;
  const error = await alma.unit.get({ id: 99 }, caller).catch((reason) => reason);
  expect(error).toMatchObject({ code: "ALMA_UNAVAILABLE", retryAfter: 1 });
  expect(error.message).toContain("unit 99");
  expect(paths()).toHaveLength(asked);
  // Ten to open it, and probes after 0.1, 0.2, 0.4 s.
  expect(asked).toBeLessThanOrEqual(13);
  expect(alma.state().downFor).toBeGreaterThan(0);
});

test("a paused write has the outcome not-done", async () => {
  const talk = await conversation(() => [500, html]);
  await untilDown(talk);
  // After a failed probe the next one is due in a second, so that the write is not a probe.
  while (!(Number(talk.alma.state().downFor) > 900))
    await talk.alma.unit.get({ id: 1 }, caller).catch(() => {});
  expect(await talk.alma.unit.archive({ id: 1 }, true, caller)).toMatchObject({
    outcome: "not-done",
    error: { code: "ALMA_UNAVAILABLE", retryAfter: 1 },
  });
  expect(talk.paths().filter((path) => path.startsWith("PATCH"))).toEqual([]);
});

/** Reads 200 units of an Alma that fails all calls for `ms` once it has been asked for the hundredth time. */
async function shortOutage(ms: number, fail: (response: ServerResponse) => Answer | undefined) {
  let asked = 0;
  let since = 0;
  const { alma, paths } = await conversation(
    async ({ path }, response) => {
      if (++asked === 100) since = performance.now();
      if (asked >= 100 && performance.now() - since < ms) return fail(response);
      await settled(2);
      return [200, { id: Number(/\d+/.exec(path)?.[0]) }];
    },
    { timeout: 15_000, concurrency: 16 },
  );
  const asks = Array.from({ length: 200 }, (_, id) => alma.unit.get({ id: id + 1 }, caller));
  const results = await Promise.allSettled(asks);
  return {
    failedReads: results.filter(({ status }) => status === "rejected").length,
    calls: paths().length,
    alma,
  };
}

test.each([
  ["503 for 0.1 s", 100, () => [503, html] as const],
  ["503 for 1 s", 1_000, () => [503, html] as const],
  ["503 for 2 s", 2_000, () => [503, html] as const],
  ["broken connections for 1 s", 1_000, (response: ServerResponse) => void response.destroy()],
])("a short outage costs time and a few calls, but no reads: %s", async (_, ms, fail) => {
  const { failedReads, calls, alma } = await shortOutage(ms, fail);
  expect(failedReads).toBe(0);
  // What is under way when it begins, what of it is asked for again before the tenth has failed, and probes after 0.1,
  // 0.2, 0.4 s and every half second.
  expect(calls).toBeLessThanOrEqual(200 + 16 + 9 + 6);
  expect(alma.state().downFor).toBeUndefined();
});

test("a short outage with failures that are not retried costs only the reads that got them", async () => {
  const { failedReads } = await shortOutage(200, () => [500, html]);
  expect(failedReads).toBeGreaterThan(0);
  // While others are still answered, each failure makes room for the next call.
  expect(failedReads).toBeLessThanOrEqual(16 + 16 + 3);
});

test("no probe is sent before a failing Alma's Retry-After is over", async () => {
  let asked = 0;
  const { alma, paths } = await conversation(
    () => (asked++ < 8 ? [503, html] : [503, html, { "retry-after": "1" }]),
    { timeout: 15_000, concurrency: 16 },
  );
  const leaving = new AbortController();
  const asks = Array.from({ length: 20 }, (_, id) =>
    alma.unit.get({ id: id + 1 }, { ...caller, signal: leaving.signal }),
  );
  while (asked < 10) await settled();
  const before = paths().length;
  await settled(800);
  expect(paths().length - before).toBeLessThanOrEqual(8);
  leaving.abort(new Error("left"));
  await Promise.allSettled(asks);
});

test("a status below 500 among failures ends their row", async () => {
  const statuses = [500, 500, 500, 500, 500, 500, 500, 500, 500, 403, 500, 500, 500, 404, 429, 500];
  let calls = 0;
  const { alma } = await conversation(() => [statuses[calls++] ?? 200, html], { retries: 0 });
  for (const _ of statuses) await alma.unit.list(caller).catch(() => {});
  expect(alma.state().downFor).toBeUndefined();
});

test("aborted reads are not failures", async () => {
  const { alma, paths } = await conversation(() => undefined);
  for (let id = 1; id <= 12; id++) {
    const leaving = new AbortController();
    const asked = alma.unit.get({ id }, { ...caller, signal: leaving.signal });
    while (paths().length < id) await settled();
    leaving.abort(new Error("left"));
    await expect(asked).rejects.toThrow("left");
  }
  expect(alma.state().downFor).toBeUndefined();
});

test("one call is sent as a probe, and its answer lets the others follow", async () => {
  let down = true;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { alma, paths } = await conversation(
    async ({ path }) => {
      if (down) return [502, html];
      await released;
      return [200, { id: Number(/\d+/.exec(path)?.[0]) }];
    },
    { retries: 0 },
  );
  await untilDown({ alma });
  const before = paths().length;
  down = false;
  while (alma.state().downFor !== 0) await settled();
  const probe = alma.unit.get({ id: 1 }, caller);
  while (paths().length === before) await settled();
  await expect(alma.unit.get({ id: 2 }, caller)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
  expect(paths()).toHaveLength(before + 1);
  release();
  expect((await probe).match?.record.id).toBe(1);
  expect(alma.state().downFor).toBeUndefined();
  expect((await alma.unit.get({ id: 2 }, caller)).match?.record.id).toBe(2);
});

test("a probe that fails or is aborted does not end the pause", async () => {
  let silent = false;
  const { alma, paths } = await conversation(() => (silent ? undefined : [500, html]), { retries: 0 });
  await untilDown({ alma });
  while (alma.state().downFor !== 0) await settled();
  const before = paths().length;
  silent = true;
  const leaving = new AbortController();
  const left = alma.unit.get({ id: 1 }, { ...caller, signal: leaving.signal });
  while (paths().length === before) await settled();
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  silent = false;
  await expect(alma.unit.get({ id: 1 }, caller)).rejects.toThrow("failed (500)");
  expect(alma.state().downFor).toBeGreaterThan(900);
  await expect(alma.unit.get({ id: 1 }, caller)).rejects.toMatchObject({ retryAfter: 1 });
  expect(paths()).toHaveLength(before + 2);
  while (alma.state().downFor !== 0) await settled();
  await expect(alma.unit.get({ id: 1 }, caller)).rejects.toThrow("failed (500)");
  await expect(alma.unit.get({ id: 1 }, caller)).rejects.toMatchObject({ retryAfter: 2 });
});

test("an Alma that is down gets a few probes, whatever the load", async () => {
  const { url } = await fakeAlma(() => [200, []]);
  const gone = new URL(url);
  gone.port = "1";
  const lines: string[] = [];
  let calls = 0;
  const say = (_: object, message: string) => lines.push(message);
  const log = { debug: () => {}, info: say, warn: say };
  const alma = client(gone.href, { log, onCall: () => calls++ });
  const until = performance.now() + 2_500;
  const loads = Array.from({ length: 20 }, async () => {
    while (performance.now() < until) {
      await alma.unit.list(caller).catch(() => {});
      await settled(2);
    }
  });
  await Promise.all(loads);
  // Two attempts of eight calls at once; then probes after 0.1, 0.2 and 0.4 s, and after 1 s.
  expect(calls).toBeLessThanOrEqual(16 + 5);
  expect(lines).toEqual(["Alma is down: calls fail at once until a probe is answered"]);
});

test("the log has the cause of a failure, without the host", async () => {
  const { url } = await fakeAlma(() => [200, []]);
  const lines: object[] = [];
  const say = (details: object, message: string) => lines.push({ ...details, message });
  const down = async (address: string, port?: string) => {
    const gone = new URL(address);
    gone.port = port ?? gone.port;
    const alma = client(gone.href, { log: { debug: say, info: say, warn: say } });
    await untilDown({ alma });
    await alma.unit.list(caller).catch(() => {});
    const all = lines.splice(0);
    expect(JSON.stringify(all)).not.toContain(gone.hostname);
    return [all[0], all.find((line) => JSON.stringify(line).includes("Alma is down"))];
  };
  const refused = { reason: "ECONNREFUSED" };
  expect(await down(url, "1")).toMatchObject([refused, refused]);
  const noTls = { reason: expect.stringMatching(/SSL/) };
  expect(await down(url.replace("http:", "https:"))).toMatchObject([noTls, noTls]);
  const { url: failing } = await fakeAlma(() => [500, html]);
  expect(await down(failing)).toMatchObject([{ status: 500 }, { reason: 500 }]);
});

test("a restart of Alma under load causes no burst of calls", async () => {
  const first = await createSimulator({ size: 0 });
  const port = Number(new URL(first.url).port);
  const lines: string[] = [];
  const say = (_: object, message: string) => lines.push(message);
  const alma = client(first.url, { apiKey: first.apiKey, log: { debug: () => {}, info: say, warn: say } });
  let stop = false;
  let answered = 0;
  const loads = Array.from({ length: 50 }, async () => {
    while (!stop) {
      await alma.unit.list(caller).then(
        () => answered++,
        () => {},
      );
      await settled(20);
    }
  });
  while (answered === 0) await settled();
  await first.close();
  while (alma.state().downFor === undefined) await settled();
  const second = await createSimulator({ size: 0, port, apiKey: first.apiKey });
  answered = 0;
  while (answered === 0) await settled();
  expect(second.log.peak).toBeLessThanOrEqual(8);
  expect(second.log.entries.length).toBeLessThanOrEqual(10);
  stop = true;
  await Promise.all(loads);
  await second.close();
  expect(lines).toEqual(["Alma is down: calls fail at once until a probe is answered", "Alma answers again"]);
});

test("ten refused connections pause calls, even for one path", async () => {
  let calls = 0;
  const alma = client("http://127.0.0.1:1/external_api/", { retries: 0, onCall: () => calls++ });
  const ask = () => alma.unit.get({ id: 1 }, caller).catch((reason) => reason);
  for (let tries = 0; tries < 10; tries++) await ask();
  expect(calls).toBe(10);
  while (alma.state().downFor === undefined) await ask();
  expect(calls).toBeLessThanOrEqual(10 + 3);
  expect(await ask()).toMatchObject({ code: "ALMA_UNAVAILABLE", retryAfter: 1 });
});

/** A paused Alma that is down, whose uploads are answered by hand. */
async function downForUploads() {
  const uploads: ((response: Partial<AlmaResponse>) => void)[] = [];
  const alma = { isUp: false, asked: 0 };
  const answered: AlmaResponse = { status: 200, body: { json: {} }, sentAt: 0, endedAt: 0 };
  const { send, downFor } = pause(
    ({ body }) => {
      if (typeof body === "object")
        return new Promise((resolve) => uploads.push((given) => resolve({ ...answered, ...given })));
      alma.asked++;
      return alma.isUp ? Promise.resolve(answered) : Promise.reject(new Unanswered("nobody there", {}));
    },
    { log: quiet, downAfter: 20 },
  );
  const request: AlmaRequest = { method: "GET", path: "", route: "", subject: "it", options: caller };
  const ask = () => send(request).catch((error: Unanswered) => error);
  const body = { type: "multipart/form-data", content: (async function* () {})() };
  const upload = () => send({ ...request, method: "POST", body }).catch((error: Unanswered) => error);
  while (downFor() === undefined) await ask();
  const untilProbe = async () => {
    while (downFor() !== 0) await settled();
  };
  await untilProbe();
  return { alma, uploads, ask, upload, downFor, untilProbe };
}

test("a slow upload as the probe of a failing Alma does not delay the next call's probe", async () => {
  const { alma, uploads, ask, upload, downFor } = await downForUploads();
  const slow = upload();
  expect(uploads).toHaveLength(1);
  alma.isUp = true;
  expect(await ask()).toMatchObject({ status: 200 });
  expect(downFor()).toBeUndefined();
  uploads[0]?.({ status: 201 });
  expect(await slow).toMatchObject({ status: 201 });
});

test("if only uploads are sent, one of them is the probe, and the others follow its answer", async () => {
  const { alma, uploads, upload, downFor, untilProbe } = await downForUploads();
  const asked = alma.asked;
  const failing = upload();
  expect(await upload()).toBeInstanceOf(Unanswered);
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
  const { alma, uploads, ask, upload, downFor, untilProbe } = await downForUploads();
  const slow = upload();
  alma.isUp = true;
  await ask();
  expect(downFor()).toBeUndefined();
  alma.isUp = false;
  while (downFor() === undefined) await ask();
  uploads[0]?.({ status: 201 });
  expect(await slow).toMatchObject({ status: 201 });
  expect(downFor()).toBeDefined();
  // Nor does it stand in the way of this one's.
  await untilProbe();
  const next = upload();
  expect(uploads).toHaveLength(2);
  uploads[1]?.({ status: 201 });
  expect(await next).toMatchObject({ status: 201 });
  expect(downFor()).toBeUndefined();
});

test("a Retry-After longer than the call's time fails it at once and pauses all calls", async () => {
  const { alma, paths } = await conversation(() => [429, "", { "retry-after": "3600" }]);
  await expect(alma.unit.list(caller)).rejects.toMatchObject({ code: "ALMA_THROTTLED", retryAfter: 3600 });
  const error = await alma.room.list(caller).catch((reason) => reason);
  expect(error.code).toBe("ALMA_THROTTLED");
  expect(error.retryAfter).toBeLessThanOrEqual(60);
  expect(error.retryAfter).toBeGreaterThan(55);
  expect(alma.state().pausedFor).toBeGreaterThan(55_000);
  expect(await alma.unit.archive({ id: 1 }, true, caller)).toMatchObject({
    outcome: "not-done",
    error: { code: "ALMA_THROTTLED" },
  });
  expect(paths()).toEqual(["GET realty/units/"]);
});

/** Pausable calls to an Alma that is answered for by hand. */
function byHand() {
  const asked: ((response: Partial<AlmaResponse>) => void)[] = [];
  const pausable = pause(
    () =>
      new Promise((resolve) => {
        asked.push((response) =>
          resolve({ status: 200, body: { json: [] }, sentAt: 0, endedAt: 0, ...response }),
        );
      }),
    { log: quiet, downAfter: 3_000 },
  );
  const send = (ms: number, given: Partial<AlmaRequest>) => {
    const request: AlmaRequest = { method: "GET", path: "", route: "", subject: "it", options: caller };
    const answer = pausable.send({ ...request, ...given, deadline: performance.now() + ms });
    answer.catch(() => {});
    return answer;
  };
  const ask = (ms: number) => send(ms, {});
  const body = { type: "multipart/form-data", content: (async function* () {})() };
  const upload = (ms: number) => send(ms, { method: "POST", body });
  return { asked, ask, upload, pausedFor: pausable.pausedFor };
}

test("after a Retry-After one call is sent as a probe, and the others follow its answer", async () => {
  const { asked, ask, pausedFor } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 503, retryAfter: 100 });
  expect((await first).status).toBe(503);
  const waiting = [ask(1_000), ask(1_000), ask(1_000)];
  await settled();
  expect(asked).toHaveLength(1);
  while (asked.length === 1) await settled();
  await settled();
  expect(asked).toHaveLength(2);
  asked[1]?.({});
  await Promise.race(waiting);
  await settled();
  expect(asked).toHaveLength(4);
  expect(pausedFor()).toBeUndefined();
  for (const answer of asked) answer({});
  await Promise.all(waiting);
});

test("a probe that gets another Retry-After prolongs the pause", async () => {
  const { asked, ask } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 429, retryAfter: 30 });
  await first;
  const waiting = [ask(500), ask(500)];
  while (asked.length === 1) await settled();
  asked[1]?.({ status: 429, retryAfter: 5_000 });
  const results = await Promise.allSettled(waiting);
  // Whichever wakes up first is the probe.
  const ends = results.map((result) =>
    result.status === "fulfilled" ? `${result.value.status}` : result.reason.code,
  );
  expect(ends.toSorted()).toEqual(["429", "ALMA_THROTTLED"]);
  expect(asked).toHaveLength(2);
});

test("a slow upload as the probe after a Retry-After does not delay the next call's probe", async () => {
  const { asked, ask, upload, pausedFor } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 503, retryAfter: 30 });
  await first;
  while (pausedFor() !== 0) await settled();
  const slow = upload(5_000);
  const waiting = upload(5_000);
  await settled();
  expect(asked).toHaveLength(2);
  const read = ask(500);
  await settled();
  expect(asked).toHaveLength(3);
  asked[2]?.({});
  expect((await read).status).toBe(200);
  await settled();
  // The pause is over: the other upload is sent as well.
  expect(pausedFor()).toBeUndefined();
  expect(asked).toHaveLength(4);
  for (const answer of asked) answer({});
  await Promise.all([slow, waiting]);
});
