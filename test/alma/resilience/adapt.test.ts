import { expect, test } from "vitest";
import { skipWaiting } from "../../support/clock.ts";
import { caller, client as connect, conversation, fakeAlma } from "../fake.ts";

// Tests how many calls a client sends over HTTP. The clock advances when everything waits.

const body = (path: string) => ({ id: Number(/\d+/.exec(path)?.[0]), name: "Marina" });

/** An Alma that processes `workers` calls concurrently, one second each, and its statistics. */
async function workingAlma(workers: number) {
  const seen = { most: 0, latest: [] as number[] };
  let inside = 0;
  let working = 0;
  const waiting: (() => void)[] = [];
  const { url } = await fakeAlma(async ({ path }) => {
    seen.most = Math.max(seen.most, ++inside);
    seen.latest = [...seen.latest.slice(-99), inside];
    if (working === workers) await new Promise<void>((resolve) => waiting.push(resolve));
    else working++;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const next = waiting.shift();
    if (next) next();
    else working--;
    inside--;
    return [200, body(path)];
  });
  return { url, seen };
}

/** Reads `count` buildings concurrently. The answers lack fields, which does not matter here. */
const readAll = (alma: ReturnType<typeof connect>, count: number) =>
  skipWaiting(
    Promise.allSettled(Array.from({ length: count }, (_, n) => alma.building.get({ id: n + 1 }, caller))),
  );

test("as many calls as the limit allows are in flight, even if Alma would accept more", async () => {
  const { url, seen } = await workingAlma(1_000);
  const alma = connect(url, { concurrency: 12, timeout: 600_000 });
  await readAll(alma, 300);
  expect(alma.state().limit).toBe(12);
  expect(seen.most).toBe(12);
});

test("an Alma with a rate limit eventually answers all calls, at a pace", async () => {
  let [startedAt, calls, refused] = [Number.NEGATIVE_INFINITY, 0, 0];
  const { alma, seen } = await conversation(
    async () => {
      if (performance.now() - startedAt >= 1_000) [startedAt, calls] = [performance.now(), 0];
      const isRefused = ++calls > 50;
      if (isRefused) refused++;
      await new Promise((resolve) => setTimeout(resolve, 10));
      return isRefused ? [429, { detail: "Request was throttled." }] : [404, { detail: "Not found." }];
    },
    { concurrency: 32, timeout: 60_000 },
  );
  const results = await skipWaiting(
    Promise.all(Array.from({ length: 600 }, (_, n) => alma.building.get({ id: n + 1 }, caller))),
  );
  expect(results.every(({ match }) => match === undefined)).toBe(true);
  expect(seen.length).toBeLessThan(1.4 * 600);
  expect(refused).toBeGreaterThan(0);
});
