import { expect, test } from "vitest";
import type { CachedRecord, Kind } from "../../../src/catalog/index.ts";
import type { IssueData } from "../../../src/graph/issue/check.ts";
import { driftKinds } from "../../../src/graph/issue/drift-check.ts";
import { findDrift } from "../../../src/graph/issue/find-drift.ts";
import { checks } from "../../../src/graph/issue/find-issues.ts";

const COUNT = 5_000;

/** So many records of a kind, of which nothing is known but that they are there. */
const recordsOf = (kind: Kind) =>
  Array.from({ length: COUNT }, (_, index) => {
    const id = COUNT - index;
    return { kind, id, key: `${kind}:${id}`, value: {}, fieldErrors: undefined } as unknown as CachedRecord;
  });
const kinds = ["building", "unit", "room", "client", "ownerContract", "tenantContract"] as const;
const records = new Map(kinds.map((kind) => [kind, recordsOf(kind)]));

const data: IssueData = {
  listed: (kind) => records.get(kind) ?? [],
  detailed: (kind) => records.get(kind) ?? [],
  unit: () => undefined,
  inList: () => undefined,
  today: "2026-01-01",
  rent: { pricePeriods: undefined, decimals: 2 },
  unreadableFields: () => [],
  countPair: () => {},
};

function countSteps(steps: Iterator<void>): number {
  let count = 0;
  while (!steps.next().done) count++;
  return count;
}

// What is unreadable is told by a glance at each record.
const { UNREADABLE_VALUE: _, ...others } = checks;

test.each(Object.entries(others))("%s lets others have their turn every 512 records", (_code, check) => {
  expect(countSteps(check.find(data))).toBeGreaterThanOrEqual(Math.floor(COUNT / 512));
});

test.each(driftKinds)("%s lets others have their turn every 512 records", (kind) => {
  const none = { failedReads: new Set<CachedRecord>(), gone: new Set<CachedRecord>() };
  expect(countSteps(findDrift([kind], data, none))).toBeGreaterThanOrEqual(Math.floor(COUNT / 512));
});
