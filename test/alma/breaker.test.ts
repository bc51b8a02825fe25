import { expect, test } from "vitest";
import { createSimulator } from "../../src/simulator/index.ts";
import { caller, client, conversation, fakeAlma, html } from "./fake.ts";

const settled = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

test("after ten failures in a row calls fail at once, and say when to come back", async () => {
  const { alma, paths } = await conversation(() => [500, html]);
  for (let id = 1; id <= 10; id++) await alma.unit.get({ id }, caller).catch(() => {});
  const error = await alma.unit.get({ id: 11 }, caller).catch((reason) => reason);
  expect(error).toMatchObject({ code: "ALMA_UNAVAILABLE", retryAfter: 1 });
  expect(error.message).toContain("unit 11");
  expect(paths()).toHaveLength(10);
  expect(alma.state().brokenFor).toBeGreaterThan(0);
});

test("a write that is not let through was not done, and is not lost", async () => {
  const { alma, paths } = await conversation(() => [500, html]);
  for (let id = 1; id <= 10; id++) await alma.unit.get({ id }, caller).catch(() => {});
  expect(await alma.unit.archive({ id: 1 }, true, caller)).toMatchObject({
    outcome: "not-done",
    error: { code: "ALMA_UNAVAILABLE", retryAfter: 1 },
  });
  expect(paths().filter((path) => path.startsWith("PATCH"))).toEqual([]);
});

test("refused and odd answers are answers: Alma is not down", async () => {
  const statuses = [500, 500, 500, 500, 500, 500, 500, 500, 500, 403, 500, 500, 500, 404, 429, 500];
  let calls = 0;
  const { alma } = await conversation(() => [statuses[calls++] ?? 200, html], { retries: 0 });
  for (const _ of statuses) await alma.unit.list(caller).catch(() => {});
  expect(alma.state().brokenFor).toBeUndefined();
});

test("callers who leave do not make Alma down", async () => {
  const { alma, paths } = await conversation(() => undefined);
  for (let id = 1; id <= 12; id++) {
    const leaving = new AbortController();
    const asked = alma.unit.get({ id }, { ...caller, signal: leaving.signal });
    while (paths().length < id) await settled();
    leaving.abort(new Error("left"));
    await expect(asked).rejects.toThrow("left");
  }
  expect(alma.state().brokenFor).toBeUndefined();
});

test("one call probes, and the first answer lets all the others follow", async () => {
  let down = true;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { alma, paths } = await conversation(async ({ path }) => {
    if (down) return [502, html];
    await held;
    return [200, { id: Number(/\d+/.exec(path)?.[0]) }];
  });
  await Promise.allSettled(Array.from({ length: 10 }, (_, id) => alma.unit.get({ id: id + 1 }, caller)));
  const before = paths().length;
  down = false;
  while (alma.state().brokenFor !== 0) await settled();
  const probe = alma.unit.get({ id: 1 }, caller);
  while (paths().length === before) await settled();
  await expect(alma.unit.get({ id: 2 }, caller)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
  expect(paths()).toHaveLength(before + 1);
  release();
  expect((await probe).found?.record.id).toBe(1);
  expect(alma.state().brokenFor).toBeUndefined();
  expect((await alma.unit.get({ id: 2 }, caller)).found?.record.id).toBe(2);
});

test("a probe that fails, or whose caller leaves, keeps the others away", async () => {
  let silent = false;
  const { alma, paths } = await conversation(() => (silent ? undefined : [500, html]), { retries: 0 });
  for (let id = 1; id <= 10; id++) await alma.unit.get({ id }, caller).catch(() => {});
  while (alma.state().brokenFor !== 0) await settled();
  silent = true;
  const leaving = new AbortController();
  const left = alma.unit.get({ id: 1 }, { ...caller, signal: leaving.signal });
  while (paths().length === 10) await settled();
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  silent = false;
  await expect(alma.unit.get({ id: 1 }, caller)).rejects.toThrow("failed (500)");
  expect(alma.state().brokenFor).toBeGreaterThan(1_000);
  await expect(alma.unit.get({ id: 1 }, caller)).rejects.toMatchObject({ retryAfter: 2 });
  expect(paths()).toHaveLength(12);
});

test("an Alma that is down is asked a handful of times, whatever the load", async () => {
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
  // Up to eight at once fail before the tenth is counted; then one probe after 1 s.
  expect(calls).toBeLessThanOrEqual(20);
  expect(lines).toEqual(["Alma is down: calls fail at once until a probe is answered"]);
});

test("a restart of Alma under load costs no storm", async () => {
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
  while (alma.state().brokenFor === undefined) await settled();
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

test("where nobody is there, ten failures of one address are enough", async () => {
  const alma = client("http://127.0.0.1:1/external_api/", { retries: 0 });
  const ask = () => alma.unit.get({ id: 1 }, caller).catch((reason) => reason);
  for (let tries = 0; tries < 10; tries++) {
    expect(alma.state().brokenFor).toBeUndefined();
    await ask();
  }
  expect(alma.state().brokenFor).toBeGreaterThan(0);
  expect(await ask()).toMatchObject({ code: "ALMA_UNAVAILABLE", retryAfter: 1 });
});
