import { expect } from "vitest";

/** What each process of tests does once, however many files it runs. */
const done = globalThis as { comparesBytes?: true };

// Vitest compares bytes one by one, as properties: a second for a file of a store.
if (!done.comparesBytes)
  expect.addEqualityTesters([
    (one, other) =>
      Buffer.isBuffer(one) && Buffer.isBuffer(other) ? one.equals(other) || undefined : undefined,
  ]);
done.comparesBytes = true;
