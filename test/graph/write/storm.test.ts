import { expect, test } from "vitest";
import { storm } from "./storm.ts";

test("nothing is missing that was told done, however late Alma carries writes out", async () => {
  const { told, missing } = await storm(3, 40);
  expect(missing).toEqual([]);
  const outcomes = told.map(({ outcome }) => outcome);
  for (const outcome of ["done", "unknown", "not-done"]) expect(outcomes).toContain(outcome);
});
