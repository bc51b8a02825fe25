import { expect, test } from "vitest";
import { createReadTimes } from "../../src/share/replication/read-times.ts";

const DELAY = 10_000;
const record = (readAt: number, invalidation: object) =>
  JSON.stringify({ at: readAt, detailAt: readAt, ...invalidation, detail: { values: { name: "A" } } });

test.each(["invalidatedAt", "detailInvalidatedAt", "listInvalidatedAt", "relationsInvalidatedAt"])(
  "an entry with %s that is read again is published immediately, so that it isn't read again after a kill",
  (name) => {
    const readTimes = createReadTimes(DELAY);
    expect(readTimes.notes("k", record(1, { [name]: 5 }), 0)).toBe(false);
    expect(readTimes.notes("k", record(7, { [name]: 5 }), 100)).toBe(true);
    expect(readTimes.take(100, false)).toBeDefined();
    // Records read later can wait.
    expect(readTimes.notes("k", record(9, { [name]: 5 }), 200)).toBe(true);
    expect(readTimes.take(300, false)).toBeUndefined();
    expect(readTimes.take(200 + DELAY, false)).toBeDefined();
  },
);

test("an entry that no write has invalidated is collected", () => {
  const readTimes = createReadTimes(DELAY);
  readTimes.notes("k", record(1, {}), 0);
  readTimes.notes("k", record(7, {}), 100);
  expect(readTimes.take(DELAY, false)).toBeUndefined();
  expect(readTimes.take(100 + DELAY, false)).toBeDefined();
});
