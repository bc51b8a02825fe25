import { expect, test } from "vitest";
import type { AlmaCall } from "../../src/alma/index.ts";
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

test("a read that never succeeds is tried seven times, with growing pauses", async () => {
  const times: number[] = [];
  const { alma } = await conversation(
    () => {
      times.push(performance.now());
      return [503, html];
    },
    { timeout: 15_000 },
  );
  await expect(alma.building.get({ id: 1 }, caller)).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
  expect(times).toHaveLength(7);
  const lasted = (times.at(-1) ?? 0) - (times[0] ?? 0);
  expect(lasted).toBeGreaterThan(2_500);
  expect(lasted).toBeLessThan(5_500);
});

test("a single record that stalls once is still won by a second try", async () => {
  let calls = 0;
  const { alma } = await conversation(() => (calls++ === 0 ? undefined : [200, { id: 1 }]), {
    timeout: 2_000,
  });
  expect((await alma.building.get({ id: 1 }, caller)).found?.record.id).toBe(1);
});

test("an attempt that the call's time cuts off says less than the answer before it", async () => {
  let calls = 0;
  const { alma } = await conversation(() => (calls++ === 0 ? [429, html] : undefined), { timeout: 1_000 });
  await expect(alma.building.get({ id: 1 }, caller)).rejects.toMatchObject({ code: "ALMA_THROTTLED" });
  expect(calls).toBe(3);
});

/** An Alma that answers a building after as many milliseconds as each attempt is given; none for never. */
async function slowly(delays: readonly (number | undefined)[], timeout = 1_000) {
  const calls: AlmaCall[] = [];
  let asked = 0;
  let ended = 0;
  const { alma } = await conversation(
    async (_, response) => {
      const number = ++asked;
      const delay = delays[number - 1];
      response.on("close", () => !response.writableFinished && ended++);
      if (delay === undefined) return undefined;
      await new Promise((resolve) => setTimeout(resolve, delay));
      return [200, { id: 1, name: `answer ${number}` }];
    },
    { timeout, onCall: (call) => calls.push(call) },
  );
  let sent = 0;
  const leaving = new AbortController();
  const started = performance.now();
  const answer = alma.building
    .get({ id: 1 }, { ...caller, sent: () => sent++, signal: leaving.signal })
    .finally(() => (took = performance.now() - started));
  let took = 0;
  const over = async () => {
    while (alma.state().inFlight > 0 || calls.length < asked)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const told = calls.map(({ attempt, status, errorCode }) => [attempt, status ?? errorCode]);
    return { sent, ended, told: told.sort(), took };
  };
  return { answer, leaving, over };
}

test("a record that takes most of a call's time is answered, though it was asked for again meanwhile", async () => {
  const { answer, over } = await slowly([800, 800]);
  expect((await answer).found?.record.name).toBe("answer 1");
  expect(await over()).toMatchObject({
    sent: 2,
    ended: 1,
    told: [
      [1, 200],
      [2, "ABORTED"],
    ],
  });
});

test("the second attempt's answer ends the first", async () => {
  const { answer, over } = await slowly([undefined, 100]);
  expect((await answer).found?.record.name).toBe("answer 2");
  expect(await over()).toMatchObject({
    sent: 2,
    ended: 1,
    told: [
      [1, "ABORTED"],
      [2, 200],
    ],
  });
});

test("a record that is answered in less than half of the time is asked for once", async () => {
  const { answer, over } = await slowly([400]);
  await answer;
  expect(await over()).toMatchObject({ sent: 1, ended: 0, told: [[1, 200]] });
});

test("a record that is never answered costs two attempts and the time of one call", async () => {
  const { answer, over } = await slowly([]);
  await expect(answer).rejects.toThrow("gave no answer in time");
  const { sent, ended, told, took } = await over();
  expect({ sent, ended, told }).toEqual({
    sent: 2,
    ended: 2,
    told: [
      [1, "ALMA_UNAVAILABLE"],
      [2, "ALMA_UNAVAILABLE"],
    ],
  });
  expect(took).toBeGreaterThan(950);
  expect(took).toBeLessThan(1_200);
});

test("a reader who leaves ends both attempts", async () => {
  const { answer, leaving, over } = await slowly([]);
  setTimeout(() => leaving.abort(new Error("gone")), 700);
  await expect(answer).rejects.toThrow("gone");
  expect(await over()).toMatchObject({
    sent: 2,
    ended: 2,
    told: [
      [1, "ABORTED"],
      [2, "ABORTED"],
    ],
  });
});

test("a second attempt that fails leaves the first alone", async () => {
  let calls = 0;
  const { alma } = await conversation(
    async () => {
      if (++calls === 2) return [503, html];
      await new Promise((resolve) => setTimeout(resolve, 800));
      return [200, { id: 1 }];
    },
    { timeout: 1_000 },
  );
  expect((await alma.building.get({ id: 1 }, caller)).found?.record.id).toBe(1);
  expect(calls).toBe(2);
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

test("a Retry-After of nothing does not take the pauses away", async () => {
  const times: number[] = [];
  const { alma } = await conversation(() => {
    times.push(performance.now());
    return times.length < 4 ? [429, "", { "retry-after": "0" }] : [200, { id: 1 }];
  });
  await alma.building.get({ id: 1 }, caller);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  // At least half of 0.1, 0.2 and 0.4 s.
  expect(last - first).toBeGreaterThan(340);
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
