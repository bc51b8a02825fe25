import { expect, test } from "vitest";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import type { AlmaRequest, AlmaResponse, Send } from "../../../src/alma/http/send.ts";
import type { CallOptions } from "../../../src/alma/index.ts";
import { createCallLimits } from "../../../src/alma/resilience/call-limits.ts";
import { background, caller, quiet } from "../fake.ts";

const done: AlmaResponse = { status: 200, body: { json: null }, sentAt: 0, endedAt: 0 };

/** Calls under a concurrency limit. */
function limited(send: Send, concurrency: number) {
  const limits = createCallLimits(concurrency, quiet);
  return { send: limits.around(send), traffic: () => limits.traffic };
}

/**
 * A concurrency limit over calls that end one by one with `next`. `started` lists the calls that were sent, in order.
 */
function gate(concurrency: number) {
  const started: string[] = [];
  const finish: (() => void)[] = [];
  const { send, traffic } = limited(async (request) => {
    started.push(request.subject);
    await new Promise<void>((resolve) => finish.push(resolve));
    return done;
  }, concurrency);
  const ask = (what: string, options: CallOptions, method: AlmaRequest["method"] = "GET") =>
    send({ method, path: "", route: "", subject: what, options });
  const next = async () => {
    finish.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, ask, next, traffic };
}

test("callers' calls go before background calls, each in the order of arrival", async () => {
  const { started, ask, next, traffic } = gate(1);
  void ask("first", background);
  for (const what of ["b1", "b2"]) void ask(what, background);
  for (const what of ["c1", "c2"]) void ask(what, caller);
  expect(traffic()).toEqual({ inFlight: 1, queued: 4 });
  for (let i = 0; i < 5; i++) await next();
  expect(started).toEqual(["first", "c1", "c2", "b1", "b2"]);
  expect(traffic()).toEqual({ inFlight: 0, queued: 0 });
});

test("a background call that a caller needs moves to the callers' queue", async () => {
  const { started, ask, next } = gate(1);
  const promotes: (() => void)[] = [];
  void ask("first", caller);
  void ask("b1", background);
  void ask("b2", { ...background, onQueued: (promote) => promotes.push(promote) });
  promotes[0]?.();
  promotes[0]?.();
  for (let i = 0; i < 3; i++) await next();
  expect(started).toEqual(["first", "b2", "b1"]);
});

test("background calls leave a slot to callers, which a background call gets when a caller needs it", async () => {
  const { started, ask, next, traffic } = gate(3);
  const promotes: (() => void)[] = [];
  for (const what of ["b1", "b2", "b3"]) void ask(what, background);
  void ask("b4", { ...background, onQueued: (promote) => promotes.push(promote) });
  expect(started).toEqual(["b1", "b2"]);
  void ask("c1", caller);
  expect(started).toEqual(["b1", "b2", "c1"]);
  await next();
  await next();
  expect(started).toEqual(["b1", "b2", "c1", "b3", "b4"]);
  for (let i = 0; i < 3; i++) await next();
  expect(traffic()).toEqual({ inFlight: 0, queued: 0 });
  for (const what of ["b5", "b6"]) void ask(what, background);
  void ask("b7", background);
  void ask("b8", { ...background, onQueued: (promote) => promotes.push(promote) });
  promotes[1]?.();
  await Promise.resolve();
  expect(started.slice(5)).toEqual(["b5", "b6", "b8"]);
  for (let i = 0; i < 4; i++) await next();
  expect(started.slice(5)).toEqual(["b5", "b6", "b8", "b7"]);
  expect(traffic()).toEqual({ inFlight: 0, queued: 0 });
});

const of = (requestId: string): CallOptions => ({ ...caller, requestId });

test("operations are served round-robin, so that a screen does not wait for a report", async () => {
  const { started, ask, next, traffic } = gate(1);
  void ask("first", of("report"));
  for (let n = 1; n <= 4; n++) void ask(`report ${n}`, of("report"));
  for (let n = 1; n <= 2; n++) void ask(`screen ${n}`, of("screen"));
  void ask("late 1", of("late"));
  expect(traffic().queued).toBe(7);
  for (let i = 0; i < 8; i++) await next();
  expect(started).toEqual([
    "first",
    "report 1",
    "screen 1",
    "late 1",
    "report 2",
    "screen 2",
    "report 3",
    "report 4",
  ]);
  expect(traffic()).toEqual({ inFlight: 0, queued: 0 });
});

test("an aborted operation leaves the queue", async () => {
  const { started, ask, next } = gate(1);
  const leaving = new LightSignal();
  void ask("first", of("report"));
  const left = [1, 2].map((n) => ask(`left ${n}`, { ...of("left"), signal: leaving }));
  void ask("report 1", of("report"));
  void ask("report 2", of("report"));
  leaving.abort(new Error("gone"));
  await Promise.allSettled(left);
  for (let i = 0; i < 3; i++) await next();
  expect(started).toEqual(["first", "report 1", "report 2"]);
});

test("a report's call that a screen needs moves to the screen's queue, and not the reverse", async () => {
  const { started, ask, next } = gate(1);
  const promotes: ((requestId?: string) => void)[] = [];
  const shared = (requestId: string) => ({
    ...of(requestId),
    onQueued: (go: () => void) => promotes.push(go),
  });
  void ask("first", of("report"));
  for (let n = 1; n <= 3; n++) void ask(`report ${n}`, of("report"));
  void ask("shared by both", shared("report"));
  void ask("the screen's own", shared("screen"));
  promotes[1]?.("report");
  promotes[0]?.("other screen");
  for (let i = 0; i < 6; i++) await next();
  expect(started).toEqual([
    "first",
    "report 1",
    "the screen's own",
    "shared by both",
    "report 2",
    "report 3",
  ]);
  promotes[0]?.("other screen");
  expect(started).toHaveLength(6);
});

test("an aborted read leaves the queue, a write does not", async () => {
  const { started, ask, next, traffic } = gate(1);
  const leaving = new LightSignal();
  const options = { ...caller, signal: leaving };
  void ask("first", caller);
  const read = ask("read", options);
  void ask("write", options, "POST");
  leaving.abort(new Error("gone"));
  await expect(read).rejects.toThrow("gone");
  expect(traffic().queued).toBe(1);
  await next();
  expect(started).toEqual(["first", "write"]);
  await next();
  expect(traffic()).toEqual({ inFlight: 0, queued: 0 });
});

test("a failed call frees its slot", async () => {
  let calls = 0;
  const { send } = limited(async () => {
    if (calls++ === 0) throw new Error("no");
    return done;
  }, 1);
  const request: AlmaRequest = { method: "GET", path: "", route: "", subject: "", options: caller };
  const results = await Promise.allSettled([send(request), send(request)]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
});

/** Milliseconds for `count` calls to wait, half of them aborted and the others sent. */
async function duration(count: number): Promise<number> {
  const leaving = new LightSignal();
  const { send, traffic } = limited(async () => done, 1);
  const request: AlmaRequest = { method: "GET", path: "", route: "", subject: "", options: caller };
  const started = performance.now();
  const calls = Array.from({ length: count }, (_, i) =>
    send(i % 2 === 0 ? request : { ...request, options: { ...background, signal: leaving } }),
  );
  leaving.abort(new Error("gone"));
  const results = await Promise.allSettled(calls);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(count / 2);
  expect(traffic()).toEqual({ inFlight: 0, queued: 0 });
  return performance.now() - started;
}

/** The shortest of three durations, or the first short enough: other load only lengthens them. */
async function shortest(count: number, enough = 0): Promise<number> {
  let found = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && found > enough; tries++) found = Math.min(found, await duration(count));
  return found;
}

test("the cost of waiting does not grow with the length of the queue", async () => {
  const few = await shortest(10_000);
  // If each call searched the others, eight times as many calls would take 64 times as long.
  const most = 32 * few;
  expect(await shortest(80_000, most)).toBeLessThan(most);
});
