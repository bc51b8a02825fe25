import { expect, test } from "vitest";
import { seedsFrom } from "../../support/seeds.ts";
import { storm } from "./storm.ts";

test("no write reported as done is missing, however late Alma performs writes", async () => {
  const [seed = 4] = seedsFrom(4);
  const { told, missing, lateWrites } = await storm(seed, 24);
  expect(missing, `FUZZ_SEED=${seed}`).toEqual([]);
  expect(lateWrites).toBeGreaterThan(1);
  expect(told.filter(({ outcome }) => outcome === "done").length).toBeGreaterThan(4);
});
