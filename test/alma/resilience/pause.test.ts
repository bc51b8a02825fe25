import { expect, test } from "vitest";
import { createSimulator } from "../../../simulator/index.ts";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import type { AlmaRequest } from "../../../src/alma/http/send.ts";
import type { Alma } from "../../../src/alma/index.ts";
import { type Pause, PauseState } from "../../../src/alma/resilience/pause.ts";
import { advance } from "../../support/clock.ts";
import { caller, client, conversation, fakeAlma, html } from "../fake.ts";

const read = (path = "realty/units/1/"): AlmaRequest => ({
  method: "GET",
  path,
  route: "",
  subject: "it",
  options: caller,
});

/** The state after `count` failures of different addresses; from the eleventh on, each is a probe's. */
function afterFailures(
  count: number,
  given: { path?: string; isConnected?: boolean; retryAfter?: number } = {},
) {
  const state = new PauseState(() => {});
  const { isConnected = true, retryAfter } = given;
  for (let n = 0; n < count; n++) {
    const [request, { pause }] = [read(given.path ?? `${n}`), state];
    if (pause) state.beginProbe(request, pause);
    state.noteFailure(request, isConnected, retryAfter, pause);
  }
  return state;
}

function throttled(retryAfter = 1_000) {
  const state = new PauseState(() => {});
  state.noteRetryAfter(retryAfter);
  return state;
}

const nameOf = ({ pause }: PauseState) => (pause ? (pause.isRequested ? "throttled" : "failing") : "open");

/** An event for a state; if calls are paused, a probe is sent first. */
const events = {
  answered: (state: PauseState) => state.noteAnswer(),
  failed: (state: PauseState) => state.noteFailure(read(), true, 5_000),
  probeAnswered: (state: PauseState) => withProbe(state, (_, pause) => state.noteAnswer(pause)),
  probeFailed: (state: PauseState) =>
    withProbe(state, (request, pause) => state.noteFailure(request, true, 5_000, pause)),
  askedToWait: (state: PauseState) => state.noteRetryAfter(5_000),
};

function withProbe(state: PauseState, end: (request: AlmaRequest, pause: Pause) => void): void {
  const [request, { pause }] = [read(), state];
  if (!pause) throw new Error("A probe is sent while calls are paused.");
  state.beginProbe(request, pause);
  end(request, pause);
  state.endProbe(request, pause);
}

test.each<[string, () => PauseState, keyof typeof events, string, { waits?: number; failures?: number }]>([
  ["open", () => afterFailures(0), "answered", "open", { failures: 0 }],
  ["open", () => afterFailures(0), "failed", "open", { failures: 1 }],
  ["open", () => afterFailures(0), "askedToWait", "throttled", { waits: 5_000 }],
  ["throttled", throttled, "answered", "throttled", { waits: 1_000 }],
  ["throttled", throttled, "failed", "throttled", { waits: 1_000, failures: 1 }],
  ["throttled", throttled, "probeAnswered", "open", {}],
  ["throttled", throttled, "probeFailed", "open", { failures: 1 }],
  ["throttled", throttled, "askedToWait", "throttled", { waits: 5_000 }],
  ["failing", () => afterFailures(10), "answered", "failing", { waits: 100, failures: 10 }],
  ["failing", () => afterFailures(10), "failed", "failing", { waits: 100, failures: 11 }],
  ["failing", () => afterFailures(10), "probeAnswered", "open", { failures: 0 }],
  ["failing", () => afterFailures(10), "probeFailed", "failing", { waits: 5_000, failures: 11 }],
  ["failing", () => afterFailures(10), "askedToWait", "throttled", { waits: 5_000, failures: 10 }],
])("%s, %s %s: %s %o", (_, create, event, expected, { waits, failures }) => {
  const before = performance.now();
  const state = create();
  events[event](state);
  expect(nameOf(state)).toBe(expected);
  if (failures !== undefined) expect(state.failures).toBe(failures);
  if (waits === undefined) return;
  expect(state.pause?.probeAt).toBeGreaterThanOrEqual(before + waits);
  expect(state.pause?.probeAt).toBeLessThanOrEqual(performance.now() + waits);
});

test("ten failures in a row pause calls, if of different addresses or without connection", () => {
  expect(nameOf(afterFailures(9))).toBe("open");
  expect(nameOf(afterFailures(10))).toBe("failing");
  expect(nameOf(afterFailures(30, { path: "realty/units/1/" }))).toBe("open");
  expect(nameOf(afterFailures(10, { path: "realty/units/1/", isConnected: false }))).toBe("failing");
});

test("probes of a failing Alma become rarer", () => {
  const probes = [10, 11, 12, 13, 14, 15].map((n) => afterFailures(n).pause?.backoff);
  expect(probes).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test("a Retry-After of an hour prevents probes for a minute", () => {
  for (const state of [afterFailures(10, { retryAfter: 3_600_000 }), throttled(3_600_000)]) {
    const waits = (state.pause?.probeAt ?? 0) - performance.now();
    expect(waits).toBeGreaterThan(50_000);
    expect(waits).toBeLessThanOrEqual(60_000);
  }
});

test.each(["answered", "failed"])("a Retry-After that is prolonged outlasts a probe that is %s", (end) => {
  const state = throttled(0);
  withProbe(state, (request, pause) => {
    state.noteRetryAfter(5_000);
    if (end === "answered") state.noteAnswer(pause);
    else state.noteFailure(request, true, 0, pause);
  });
  expect(nameOf(state)).toBe("throttled");
  expect(state.pause?.probeAt).toBeGreaterThan(performance.now() + 1_000);
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Reads ten units that fail, then waits a fifth of the client's timeout of 2 s, so that Alma counts as down. */
async function untilDown({ alma }: { alma: Alma }) {
  for (let id = 1; id <= 10; id++) await alma.unit.get({ id }, caller).catch(() => {});
  advance(400);
  expect(alma.state().downFor).toBeDefined();
}

test("while Alma is down, reads and writes fail at once and say when to retry", async () => {
  const talk = await conversation(() => [502, html, { "retry-after": "60" }]);
  await untilDown(talk);
  const { alma, paths } = talk;
  const asked = paths();
  expect(asked).toHaveLength(10);
  const error = await alma.unit.get({ id: 99 }, caller).catch((reason) => reason);
  expect(error).toMatchObject({ code: "ALMA_UNAVAILABLE", retryAfter: expect.closeTo(60, -1) });
  expect(error.message).toContain("unit 99");
  expect(await alma.unit.archive({ id: 1 }, true, caller)).toMatchObject({
    outcome: "not-done",
    error: { code: "ALMA_UNAVAILABLE", retryAfter: expect.closeTo(60, -1) },
  });
  expect(paths()).toEqual(asked);
});

test("a status below 500 among failures ends the series", async () => {
  const statuses = [500, 500, 500, 500, 500, 500, 500, 500, 500, 403, 500, 500, 500, 404, 429, 500];
  let calls = 0;
  const { alma } = await conversation(() => [statuses[calls++] ?? 200, html], { retries: 0 });
  for (const _ of statuses) await alma.unit.list(caller).catch(() => {});
  expect(alma.state().downFor).toBeUndefined();
});

test("aborted reads are not failures", async () => {
  const { alma, paths } = await conversation(() => undefined);
  for (let id = 1; id <= 12; id++) {
    const leaving = new LightSignal();
    const asked = alma.unit.get({ id }, { ...caller, signal: leaving });
    while (paths().length < id) await settled();
    leaving.abort(new Error("left"));
    await expect(asked).rejects.toThrow("left");
  }
  expect(alma.state().downFor).toBeUndefined();
});

test("the log has the cause of a failure, without the host", async () => {
  const { url } = await fakeAlma(() => [200, []]);
  const lines: object[] = [];
  const say = (details: object, message: string) => lines.push({ ...details, message });
  const down = async (address: string, port?: string) => {
    const gone = new URL(address);
    gone.port = port ?? gone.port;
    const alma = client(gone.href, { retries: 0, log: { debug: say, info: say, warn: say } });
    await untilDown({ alma });
    const downLine = () => lines.find((line) => JSON.stringify(line).includes("Alma is down"));
    // A read sent as a probe does not log the outage.
    while (downLine() === undefined) await alma.unit.list(caller).catch(() => {});
    const ends = [lines[0], downLine()];
    expect(JSON.stringify(lines.splice(0))).not.toContain(gone.hostname);
    return ends;
  };
  const refused = { reason: "ECONNREFUSED" };
  expect(await down(url, "1")).toMatchObject([refused, refused]);
  const noTls = { reason: expect.stringMatching(/SSL/) };
  expect(await down(url.replace("http:", "https:"))).toMatchObject([noTls, noTls]);
  const { url: failing } = await fakeAlma(() => [502, html]);
  expect(await down(failing)).toMatchObject([{ status: 502 }, { reason: 502 }]);
});

test("a restart of Alma under load causes no burst of calls", async () => {
  const first = await createSimulator({ size: 0 });
  const port = Number(new URL(first.url).port);
  const lines: string[] = [];
  const say = (_: object, message: string) => lines.push(message);
  let responses = 0;
  const alma = client(first.url, {
    apiKey: () => first.apiKey,
    log: { debug: () => {}, info: say, warn: say },
    onCall: ({ status }) => {
      if (status !== undefined) responses++;
    },
  });
  let stop = false;
  /** The number of responses before the first read was answered. */
  let atFirstAnswer: number | undefined;
  const loads = Array.from({ length: 50 }, async () => {
    while (!stop) {
      await alma.unit.list(caller).then(
        () => {
          atFirstAnswer ??= responses;
        },
        () => {},
      );
      await settled();
    }
  });
  while (atFirstAnswer === undefined) await settled();
  await first.close();
  while (alma.state().downFor === undefined) await settled();
  responses = 0;
  atFirstAnswer = undefined;
  const second = await createSimulator({ size: 0, port, apiKey: first.apiKey });
  while (atFirstAnswer === undefined) await settled();
  stop = true;
  await Promise.all(loads);
  // The probe, and one call per slot as soon as the probe is answered.
  expect(atFirstAnswer).toBeLessThanOrEqual(1 + 8);
  expect(second.log.peak).toBeLessThanOrEqual(8);
  await second.close();
  expect(lines).toEqual(["Alma is down: calls fail at once until a probe is answered", "Alma answers again"]);
});

test("ten refused connections pause calls, even for one path", async () => {
  let calls = 0;
  const alma = client("http://127.0.0.1:1/external_api/", { retries: 0, onCall: () => calls++ });
  const ask = () => alma.unit.get({ id: 1 }, caller).catch((reason) => reason);
  for (let tries = 0; tries < 9; tries++) await ask();
  advance(400);
  expect(alma.state().downFor).toBeUndefined();
  await ask();
  expect(calls).toBe(10);
  advance(400);
  expect(alma.state().downFor).toBeDefined();
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

test.each([500, 403])("a %i about one record is not a failure of Alma; a list's 500 is", async (status) => {
  const { alma, paths } = await conversation(({ path }) => [/\d/.test(path) ? status : 500, html]);
  for (let id = 1; id <= 30; id++) {
    await alma.unit.get({ id }, caller).catch(() => {});
    await alma.tenantContract.get({ externalId: `${id}` }, caller).catch(() => {});
    await alma.rentalObject(`${id}`, caller).catch(() => {});
    await alma.room.archive({ id }, true, caller);
  }
  advance(400);
  await alma.unit.get({ id: 1 }, caller).catch(() => {});
  expect(paths().length).toBeGreaterThan(120);
  expect(alma.state().downFor).toBeUndefined();
});
