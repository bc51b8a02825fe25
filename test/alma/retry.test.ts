import { expect, test } from "vitest";
import { caller, conversation, html } from "./fake.ts";

test.each([429, 502, 503, 504])("a read that got %i is tried again", async (status) => {
  let calls = 0;
  const { alma, paths } = await conversation(() => (calls++ < 2 ? [status, html] : [200, { id: 1 }]));
  expect((await alma.building.get({ id: 1 }, caller)).found?.record.id).toBe(1);
  expect(paths()).toHaveLength(3);
});

test("a read whose connection broke is tried again", async () => {
  let calls = 0;
  const { alma } = await conversation((_, response) => {
    if (calls++ > 0) return [200, { id: 1 }];
    response.destroy();
    return undefined;
  });
  expect((await alma.building.get({ id: 1 }, caller)).decided).toBe(true);
});

test.each([
  ["by a broken connection", true],
  ["by whoever ends the answer too early", false],
])("a body cut short %s is asked for again", async (_, breaking) => {
  let calls = 0;
  const { alma } = await conversation((_, response) => {
    if (calls++ > 0) return [200, { id: 1 }];
    response.writeHead(200, breaking ? { "content-length": "100" } : {});
    response.write('{"id": 1, "na');
    if (breaking) setTimeout(() => response.destroy(), 10);
    else response.end();
    return undefined;
  });
  expect((await alma.building.get({ id: 1 }, caller)).found?.record.id).toBe(1);
  expect(calls).toBe(2);
});

test.each([400, 409, 418, 500, 501])("a read that got %i is not tried again", async (status) => {
  const { alma, paths } = await conversation(() => [status, html]);
  await expect(alma.building.get({ id: 1 }, caller)).rejects.toThrow();
  expect(paths()).toHaveLength(1);
});

test("a read that never succeeds is tried four times", async () => {
  const { alma, paths } = await conversation(() => [503, html]);
  await expect(alma.building.get({ id: 1 }, caller)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
  expect(paths()).toHaveLength(4);
});

test("a single record that stalls once is still won by a second try", async () => {
  let calls = 0;
  const { alma } = await conversation(() => (calls++ === 0 ? undefined : [200, { id: 1 }]), {
    timeout: 2_000,
  });
  expect((await alma.building.get({ id: 1 }, caller)).found?.record.id).toBe(1);
});

test("a list may take nearly all the time of a call, and is then asked for once", async () => {
  const { alma, paths } = await conversation(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_600));
      return [200, []];
    },
    { timeout: 3_000 },
  );
  await alma.unit.list(caller);
  expect(paths()).toHaveLength(1);
});

test.each([
  ["seconds", () => "1"],
  ["an HTTP date", () => new Date(Date.now() + 2_000).toUTCString()],
])("Retry-After in %s is obeyed", async (_, after) => {
  let first = 0;
  let second = 0;
  const { alma } = await conversation(
    () => {
      if (first > 0) {
        second = performance.now();
        return [200, { id: 1 }];
      }
      first = performance.now();
      return [429, "", { "retry-after": after() }];
    },
    { timeout: 5_000 },
  );
  await alma.building.get({ id: 1 }, caller);
  expect(second - first).toBeGreaterThanOrEqual(900);
});

test("a reader who leaves during a pause is let go", async () => {
  const leaving = new AbortController();
  const { alma, paths } = await conversation(
    () => {
      setTimeout(() => leaving.abort(new Error("gone")), 20);
      return [429, "", { "retry-after": "1" }];
    },
    { timeout: 5_000 },
  );
  await expect(alma.unit.list({ ...caller, signal: leaving.signal })).rejects.toThrow("gone");
  expect(paths()).toHaveLength(1);
  expect(alma.state().inFlight).toBe(0);
});
