import { expect, test } from "vitest";
import { startIoTimer } from "../../../src/alma/http/timer.ts";
import { caller, conversation } from "../fake.ts";

/** Blocks the event loop for `ms` milliseconds. */
function block(ms: number): void {
  for (const endsAt = performance.now() + ms; performance.now() < endsAt; );
}

test("an answer that arrived while the process was busy past the deadline counts", async () => {
  const timeout = 300;
  const large = JSON.stringify(Array.from({ length: 20_000 }, (_, id) => ({ id, name: "x".repeat(50) })));
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  // The answer is in transit when the process becomes busy.
  const { alma } = await conversation(
    () => {
      isAsked();
      return [200, large];
    },
    { timeout },
  );
  const answer = alma.building.list(caller);
  await asked;
  await new Promise((resolve) => setImmediate(resolve));
  block(2 * timeout);
  expect(await answer).toBeDefined();
});

test("does nothing before the time, and acts once nothing more is read", async () => {
  let progress = 0;
  let isCalled = false;
  let polls = 0;
  startIoTimer(
    () => {
      isCalled = true;
    },
    1,
    () => {
      polls++;
      return polls < 5 ? progress++ : progress;
    },
  );
  block(5);
  expect(isCalled).toBe(false);
  while (!isCalled) await new Promise((resolve) => setImmediate(resolve));
  expect(polls).toBeGreaterThanOrEqual(5);
});

test("a cancelled timer is not called, not even while it polls", async () => {
  let isCalled = false;
  let turns = 0;
  const cancel = startIoTimer(
    () => {
      isCalled = true;
    },
    1,
    () => turns++,
  );
  while (turns < 3) await new Promise((resolve) => setImmediate(resolve));
  cancel();
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  expect(isCalled).toBe(false);
});
