import { expect, test } from "vitest";
import { checks } from "../../src/capabilities/issues/find-issues.ts";
import { type CachedRecord, type Kind, kinds } from "../../src/catalog/index.ts";
import { readData } from "./read-data.ts";

const COUNT = 5_000;

/** `count` records of a kind with nothing known but their existence. */
const recordsOf = (kind: Kind) =>
  Array.from({ length: COUNT }, (_, index) => {
    const id = COUNT - index;
    return { kind, id, key: `${kind}:${id}`, value: {}, fieldErrors: undefined } as unknown as CachedRecord;
  });
const records = new Map(kinds.map((kind) => [kind, recordsOf(kind)]));
const data = readData((kind) => records.get(kind) ?? [], { inList: () => undefined });

function countSteps(steps: Iterator<void>): number {
  let count = 0;
  while (!steps.next().done) count++;
  return count;
}

test.each(Object.entries(checks))("%s yields every 512 records", (_code, check) => {
  expect(countSteps(check.find(data))).toBeGreaterThanOrEqual(Math.floor(COUNT / 512));
});
