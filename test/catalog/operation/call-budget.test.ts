import { expect, test } from "vitest";
import { CallBudget } from "../../../src/catalog/operation/call-budget.ts";

const operation = { startedAt: 0, boundsIndexes: false };

test("retries beyond the limit fail no operation that needs no further call", () => {
  const budget = new CallBudget(10);
  expect(budget.reserve(10, [], operation)).toBeUndefined();
  for (let sent = 0; sent < 12; sent++) budget.noteSent();
  expect(budget.reserve(0, [], operation)).toBeUndefined();
  expect(budget.reserve(1, [], operation)).toMatchObject({ code: "CALL_BUDGET_EXCEEDED" });
});
