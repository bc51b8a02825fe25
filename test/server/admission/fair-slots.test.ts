import fc from "fast-check";
import { expect, test } from "vitest";
import { createFairSlots } from "../../../src/server/admission/fair-slots.ts";
import type { Release } from "../../../src/server/admission/quota.ts";

const alone = () => false;
const among = () => true;

/** Slots that record their owners' turns. */
function recording(slots: number, maxWaiting: number, hasSeveralOwners = among) {
  const line = createFairSlots(slots, maxWaiting, hasSeveralOwners);
  const turns: string[] = [];
  const releases: Release[] = [];
  const ask = (owner: string, signal = new AbortController().signal) =>
    line.take(owner, signal)?.then((release) => {
      turns.push(owner);
      releases.push(release);
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  /** Ends the work that has held its slot longest. */
  const endOne = async () => {
    releases.shift()?.();
    await settle();
  };
  return { line, turns, ask, endOne, settle };
}

test("one of several owners has half of the slots, and half of the queue", async () => {
  const { line, turns, ask, settle } = recording(4, 4);
  const asked = Array.from({ length: 5 }, () => ask("a"));
  await settle();
  expect(turns).toEqual(["a", "a"]);
  expect(asked.map((answer) => answer !== undefined)).toEqual([true, true, true, true, false]);
  for (let n = 0; n < 4; n++) void ask("b");
  await settle();
  expect(turns).toEqual(["a", "a", "b", "b"]);
  expect([line.taken, line.waiting]).toEqual([4, 4]);
  expect(ask("c")).toBeUndefined();
});

test("a single owner has all", async () => {
  const { line, ask } = recording(4, 4, alone);
  const asked = Array.from({ length: 9 }, () => ask("a"));
  expect(asked.filter((answer) => answer !== undefined)).toHaveLength(8);
  expect([line.taken, line.waiting]).toEqual([4, 4]);
});

test("an owner that waited goes before one that was served often", async () => {
  const { turns, ask, endOne } = recording(1, 20);
  for (const owner of ["a", "a", "a", "a", "b", "c", "c"]) void ask(owner);
  for (let n = 0; n < 7; n++) await endOne();
  expect(turns).toEqual(["a", "b", "c", "a", "c", "a", "a"]);
});

test("an aborted waiter leaves the queue with the signal's reason", async () => {
  const { line, ask, turns, endOne } = recording(1, 2, alone);
  void ask("a");
  const leaving = new AbortController();
  const left = ask("a", leaving.signal);
  void ask("a");
  expect(ask("a")).toBeUndefined();
  leaving.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await expect(ask("a", leaving.signal)).rejects.toThrow("gone");
  expect(line.waiting).toBe(1);
  await endOne();
  await endOne();
  expect(turns).toHaveLength(2);
  expect([line.taken, line.waiting]).toEqual([0, 0]);
});

test("never exceeds its slots, and everything queued gets its turn", async () => {
  const owners = fc.constantFrom("a", "b", "c");
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      fc.array(fc.oneof(owners, fc.constant("end")), { maxLength: 60 }),
      async (slots, isShared, steps) => {
        const { line, turns, ask, endOne, settle } = recording(slots, 10, () => isShared);
        let accepted = 0;
        for (const step of steps) {
          if (step === "end") await endOne();
          else if (ask(step)) accepted++;
          expect(line.taken).toBeLessThanOrEqual(slots);
          expect(line.waiting).toBeLessThanOrEqual(10);
        }
        await settle();
        while (line.taken > 0) await endOne();
        expect(turns).toHaveLength(accepted);
      },
    ),
  );
});
