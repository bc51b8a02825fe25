import { expect } from "vitest";

/** Setup that each test process runs once, however many test files it runs. */
const done = globalThis as { comparesBytes?: true };

// Vitest compares bytes one by one, as properties, which takes a second for a store's file.
if (!done.comparesBytes)
  expect.addEqualityTesters([
    (one, other) =>
      Buffer.isBuffer(one) && Buffer.isBuffer(other) ? one.equals(other) || undefined : undefined,
  ]);
done.comparesBytes = true;
