import { expect, test } from "vitest";
import { UsedTickets } from "../../../src/server/peer/peer-listener.ts";

const ticket = (number: number, term = "t", process = "p") => ({
  ...{ term, process, number, forwardingId: "f", ip: "", protocol: "", host: "", mayWrite: false },
});

test("a ticket works once, in any order, counted per process", () => {
  const used = new UsedTickets();
  expect([2, 1, 3].map((number) => used.use(ticket(number)))).toEqual([true, true, true]);
  expect([1, 2, 3].map((number) => used.use(ticket(number)))).toEqual([false, false, false]);
  expect(used.use(ticket(1, "t", "q"))).toBe(true);
});

test("a ticket that 10,000 others have overtaken counts as used; one that fewer have overtaken does not", () => {
  const used = new UsedTickets();
  expect(used.use(ticket(20_000))).toBe(true);
  expect([10_000, 10_001].map((number) => used.use(ticket(number)))).toEqual([false, true]);
  for (let number = 1; number < 50_000; number++) used.use(ticket(number));
  expect([10_001, 39_999, 49_999, 50_000].map((number) => used.use(ticket(number)))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test("the tickets of each term are counted separately", () => {
  const used = new UsedTickets();
  expect([used.use(ticket(1)), used.use(ticket(1, "next"))]).toEqual([true, true]);
  expect(used.use(ticket(1, "next"))).toBe(false);
});
