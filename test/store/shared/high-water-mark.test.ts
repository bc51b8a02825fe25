import { expect, test } from "vitest";
import { HighWaterMark } from "../../../src/store/shared/high-water-mark.ts";

test("a store is behind from the step taken in it until the data is restored or another term has begun", () => {
  for (const end of ["caught up", "another term"] as const) {
    const seen = new HighWaterMark();
    seen.noteTaken({ term: 1, step: 7 }, seen.last);
    // Three steps were lost, and others were taken since.
    for (const step of [5, 6, 7, 8, 9]) seen.noteTaken({ term: 1, step }, seen.last);
    expect(seen.compare({ term: 1, step: 9 }, seen.last)).toBe(true);
    if (end === "caught up") seen.noteCaughtUp({ term: 1, step: 10 });
    else expect(seen.compare({ term: 2, step: 6 }, seen.last)).toBe(false);
    expect(seen.compare({ term: end === "caught up" ? 1 : 2, step: 10 }, seen.last)).toBe(false);
  }
});
