import { expect, test } from "vitest";
import { createChangeLog } from "../../src/capabilities/history/change-log.ts";
import type { Change } from "../../src/catalog/record/logged-change.ts";

const past = {
  at: 0,
  readPeriods: [],
  seq: 5,
  horizons: { all: { seq: 0, n: 0, since: 0 } },
  recent: [],
  older: undefined,
};
const store = { hasCommit: async () => true, changes: async () => [] };
const change: Change = {
  kind: "unit",
  id: 1,
  key: "Unit:1",
  event: "CHANGED",
  field: "address",
  before: "a",
  after: "b",
  isSecret: false,
  isGuarded: false,
  startedAt: 1,
  notBefore: 0,
  notAfter: 2,
  origin: "SEEN",
  by: undefined,
};

test("a change outlasts the process once it is stored, and the version says so", () => {
  const log = createChangeLog(() => 0);
  log.continue(past, store);
  expect(log.durableEnd).toMatchObject({ seq: 5, n: 0 });
  log.add(change);
  log.add(change);
  expect(log.end).toMatchObject({ seq: 6, n: 1 });
  expect(log.durableEnd).toMatchObject({ seq: 5, n: 0 });
  log.take();
  expect(log.durableEnd).toMatchObject({ seq: 5, n: 0 });
  const before = log.version;
  log.noteStored();
  expect(log.durableEnd).toMatchObject({ term: log.term, seq: 6, n: 1 });
  expect(log.version).toBeGreaterThan(before);
  const known = log.version;
  // A commit without changes.
  log.noteStored();
  expect(log.version).toBe(known);
});

test("without a store changes end with the process, and the last one is reported immediately", () => {
  const log = createChangeLog(() => 0);
  log.add(change);
  expect(log.durableEnd).toEqual(log.end);
});
