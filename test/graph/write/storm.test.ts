import { expect, test } from "vitest";
import { storm } from "./storm.ts";

test("no write reported as done is missing, however late Alma performs writes", async () => {
  const { told, missing, lateWrites } = await storm(4, 24);
  expect(missing).toEqual([]);
  expect(lateWrites).toBeGreaterThan(1);
  expect(told.filter(({ outcome }) => outcome === "done").length).toBeGreaterThan(4);
});
