import { expect, test } from "vitest";
import { systemRuntime } from "../../src/share/index.ts";

test("runs nothing before its time by its own clock", async () => {
  const { after, now } = systemRuntime;
  const early: number[] = [];
  const wait = async (index: number) => {
    // Each starts at a different fraction of a millisecond.
    await new Promise((resolve) => setTimeout(resolve, index % 97));
    const due = now() + 5 + index / 10;
    await new Promise<void>((resolve) => after(due - now(), resolve));
    if (now() < due) early.push(due - now());
  };
  await Promise.all(Array.from({ length: 400 }, (_, index) => wait(index)));
  expect(early).toEqual([]);
});
