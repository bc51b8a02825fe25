import { expect, test } from "vitest";
import { Operation } from "../../../src/catalog/operation/operation.ts";
import { createStore } from "../../../src/catalog/store/store.ts";

test("retries beyond the limit fail no operation that needs no further call", () => {
  const ages = { maxAge: 30, connectionAge: 900, closedAge: 900, isMaintained: true };
  const operation = new Operation(createStore(), () => 0, { ...ages, maxCalls: 10 }, "request");
  operation.reserveCalls(10);
  for (let sent = 0; sent < 12; sent++) operation.onSent();
  operation.reserveCalls(0);
  expect(operation.failure).toBeUndefined();
  expect(() => operation.reserveCalls(1)).toThrow(expect.objectContaining({ code: "CALL_BUDGET_EXCEEDED" }));
});
