import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createIdempotencyStore } from "../../../src/graph/write/idempotency.ts";
import { createUnsettledWrites } from "../../../src/graph/write/unsettled-writes.ts";

test("the memory for remembered writes grows with them", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  };
  const before = held();
  const kept = Array.from({ length: 10 }, () => [
    createIdempotencyStore(),
    createUnsettledWrites(1, { clock: () => 0, noteWrite: () => {} }),
  ]);
  // Memory for the maximum of remembered values would be 12 MiB each time.
  expect(held() - before).toBeLessThan(kept.length);
});
