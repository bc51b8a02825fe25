import { expect, test } from "vitest";
import { CallBudget } from "../../../src/catalog/operation/call-budget.ts";

test("retries beyond the limit fail no operation that needs no further call", () => {
  const budget = new CallBudget(10);
  expect(budget.reserve(10, [], 0)).toBeUndefined();
  for (let sent = 0; sent < 12; sent++) budget.noteSent();
  expect(budget.reserve(0, [], 0)).toBeUndefined();
  expect(budget.reserve(1, [], 0)).toMatchObject({ code: "CALL_BUDGET_EXCEEDED" });
});
