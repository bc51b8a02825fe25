import { expect, test } from "vitest";
import { hold } from "../../../src/alma/http/hold.ts";
import type { AlmaRequest, AlmaResponse } from "../../../src/alma/http/send.ts";
import { caller, conversation } from "../fake.ts";

test("a Retry-After longer than a call may take fails at once and keeps all calls from Alma", async () => {
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

/** A hold over an Alma that answers by hand. */
function byHand() {
  const asked: ((response: Partial<AlmaResponse>) => void)[] = [];
  const held = hold(
    () =>
      new Promise((resolve) => {
        asked.push((response) =>
          resolve({ status: 200, body: { json: [] }, sentAt: 0, endedAt: 0, ...response }),
        );
      }),
  );
  const send = (ms: number, given: Partial<AlmaRequest>) => {
    const request: AlmaRequest = { method: "GET", path: "", route: "", subject: "it", options: caller };
    const answer = held.send({ ...request, ...given, deadline: performance.now() + ms });
    answer.catch(() => {});
    return answer;
  };
  const ask = (ms: number) => send(ms, {});
  const body = { type: "multipart/form-data", content: (async function* () {})() };
  const upload = (ms: number) => send(ms, { method: "POST", body });
  return { asked, ask, upload, held };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("after the hold one call goes ahead, and the rest follow when it is back", async () => {
  const { asked, ask, held } = byHand();
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
  expect(held.pausedFor()).toBeUndefined();
  for (const answer of asked) answer({});
  await Promise.all(waiting);
});

test("a probe that is sent away again holds the rest back once more", async () => {
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

test("an upload, which is as slow as its sender, keeps nobody back when it goes ahead", async () => {
  const { asked, ask, upload, held } = byHand();
  const first = ask(10);
  asked[0]?.({ status: 503, retryAfter: 30 });
  await first;
  while (held.pausedFor() !== 0) await settled();
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
  // The hold is over: the other upload follows as well.
  expect(held.pausedFor()).toBeUndefined();
  expect(asked).toHaveLength(4);
  for (const answer of asked) answer({});
  await Promise.all([slow, waiting]);
});
