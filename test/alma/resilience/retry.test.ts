import { expect, test } from "vitest";
import { skipWaiting } from "../../support/clock.ts";
import { caller, conversation, html } from "../fake.ts";

/** Leaves time for attempts and pauses even on a busy machine. */
const patient = { timeout: 60_000 };

test.each([429, 502, 503, 504])("a read that got %i is retried", async (status) => {
  let calls = 0;
  const { alma, paths } = await conversation(
    () => (calls++ < 2 ? [status, html] : [200, { id: 1 }]),
    patient,
  );
  expect((await alma.building.get({ id: 1 }, caller)).match?.record.id).toBe(1);
  expect(paths()).toHaveLength(3);
});

test("a read whose connection broke is retried", async () => {
  let calls = 0;
  const { alma } = await conversation((_, response) => {
    if (calls++ > 0) return [200, { id: 1 }];
    response.destroy();
    return undefined;
  }, patient);
  expect((await alma.building.get({ id: 1 }, caller)).isConclusive).toBe(true);
});

test.each([
  ["by a broken connection", true],
  ["by an early end of the response", false],
])("a body truncated %s is requested again", async (_, breaking) => {
  let calls = 0;
  const { alma } = await conversation((_, response) => {
    if (calls++ > 0) return [200, { id: 1 }];
    response.writeHead(200, breaking ? { "content-length": "100" } : {});
    response.write('{"id": 1, "na');
    if (breaking) setTimeout(() => response.destroy(), 10);
    else response.end();
    return undefined;
  }, patient);
  expect((await alma.building.get({ id: 1 }, caller)).match?.record.id).toBe(1);
  expect(calls).toBe(2);
});

test.each([400, 409, 418, 500, 501])("a read that got %i is not retried", async (status) => {
  const { alma, paths } = await conversation(() => [status, html], patient);
  await expect(alma.building.get({ id: 1 }, caller)).rejects.toThrow();
  expect(paths()).toHaveLength(1);
});

test.each([
  ["seconds", () => "1"],
  ["an HTTP date", () => new Date(Date.now() + 2_000).toUTCString()],
])("Retry-After in %s is obeyed", async (_, after) => {
  const times: number[] = [];
  const { alma } = await conversation(() => {
    times.push(performance.now());
    return times.length > 1 ? [200, { id: 1 }] : [429, "", { "retry-after": after() }];
  }, patient);
  await skipWaiting(alma.building.get({ id: 1 }, caller));
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(900);
});
