import { expect, test } from "vitest";
import { simulate } from "./simulation/run.ts";
import type { Fault } from "./simulation/store.ts";

test("whatever happens to processes and their store, no write is doubled or lost, and nothing is told too old", async () => {
  let [answers, writes, terms] = [0, 0, 0];
  for (let seed = 1; seed <= 100; seed++) {
    const outcome = await simulate(seed);
    expect(outcome.violation, `npm run simulate -- --seed ${seed}`).toBeUndefined();
    answers += outcome.answers;
    writes += outcome.writes;
    terms += outcome.terms;
  }
  expect(answers).toBeGreaterThan(30_000);
  expect(writes).toBeGreaterThan(800);
  expect(terms).toBeGreaterThan(300);
});

test.each<[Fault, number]>([
  ["commitWithoutToken", 1],
  ["leaseByCalendar", 9],
  ["intentAfterSend", 6],
  ["lossUnnoticed", 51],
])("a planted fault, %s, is found, and again by its seed", async (fault, seed) => {
  const [first, again] = [await simulate(seed, fault), await simulate(seed, fault)];
  expect(first.violation).toBeDefined();
  expect(again).toEqual(first);
});
