import { expect, test } from "vitest";
import { simulate } from "./simulation/run.ts";
import type { Fault } from "./simulation/store.ts";

test.each([1, 26, 51, 76])(
  "whatever happens to processes and their store, no write is doubled or lost, and nothing is told too old, seeds from %i",
  async (first) => {
    let [answers, writes, terms] = [0, 0, 0];
    for (let seed = first; seed < first + 25; seed++) {
      const outcome = await simulate(seed);
      expect(outcome.violation, `npm run simulate -- --seed ${seed}`).toBeUndefined();
      answers += outcome.answers;
      writes += outcome.writes;
      terms += outcome.terms;
    }
    expect(answers).toBeGreaterThan(7_500);
    expect(writes).toBeGreaterThan(200);
    expect(terms).toBeGreaterThan(75);
  },
);

/** Where to look first: where it was found last. */
const planted: Readonly<Record<Fault, number>> = {
  commitWithoutToken: 3,
  leaseByCalendar: 43,
  intentAfterSend: 120,
  lossUnnoticed: 38,
  lossMadeUpForByAnyStep: 283,
};

test.each(Object.entries(planted) as [Fault, number][])(
  "a planted fault, %s, is found, and again by its seed",
  async (fault, start) => {
    for (let seed = start; seed < start + 300; seed++) {
      const found = await simulate(seed, fault);
      if (!found.violation) continue;
      expect(await simulate(seed, fault)).toEqual(found);
      return;
    }
    expect.fail("It is not found.");
  },
);
