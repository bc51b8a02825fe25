import { expect, test } from "vitest";
import { errorCodes } from "../../../src/alma/http/errors.ts";
import { statusOfCode } from "../../../src/server/http/error-response.ts";

test.each(Object.entries(errorCodes))("the status of %s says whether a retry may help: it %s", (code, is) => {
  const status = statusOfCode(code);
  if (code === "INTERNAL_SERVER_ERROR") expect(status).toBe(500);
  else if (is === "passes" || is === "may pass") expect([502, 503, 504]).toContain(status);
  // Alma's refusal is not the caller's fault either.
  else expect(status === 502 || (status >= 400 && status < 500)).toBe(true);
});

test("unknown codes are unexpected errors, whatever their names", () => {
  for (const code of ["OUT_OF_CHEESE", "constructor", "__proto__", ""]) expect(statusOfCode(code)).toBe(500);
});

test("a write that was not sent and a report that was overtaken can be repeated", () => {
  expect([statusOfCode("WRITE_UNSETTLED"), statusOfCode("OVERLAPPED")]).toEqual([503, 503]);
});
