import { expect, test } from "vitest";
import { CachedRecord } from "../../../src/catalog/record/cached-record.ts";
import { DETAIL, NEVER } from "../../../src/catalog/record/source.ts";

const listed = (cached: CachedRecord, name: string, at: number) =>
  cached.applySummary({ name }, undefined, at);
const read = (cached: CachedRecord, name: string, at: number) =>
  cached.applyDetail({ name, number: `n${at}` }, undefined, at);

test("a list entry that differs from the detail makes the detail stale", () => {
  const cached = new CachedRecord("unit", 1, "Unit");
  listed(cached, "A", 1);
  read(cached, "A", 2);
  listed(cached, "A", 3);
  expect(cached.asOf(DETAIL)).toBe(2);
  listed(cached, "B", 4);
  expect(cached.asOf(DETAIL)).toBe(NEVER);
});

test("a list entry that always differs makes the detail stale once", () => {
  const cached = new CachedRecord("unit", 1, "Unit");
  read(cached, "long name", 1);
  listed(cached, "", 2);
  expect(cached.asOf(DETAIL)).toBe(NEVER);
  read(cached, "long name", 3);
  for (const at of [4, 5, 6]) listed(cached, "", at);
  expect(cached.asOf(DETAIL)).toBe(3);
});

test("a name that changed and changed back between two lists is noticed", () => {
  const cached = new CachedRecord("unit", 1, "Unit");
  read(cached, "A", 1);
  listed(cached, "A", 2);
  read(cached, "B", 3);
  listed(cached, "A", 4);
  expect(cached.asOf(DETAIL)).toBe(NEVER);
  read(cached, "A", 5);
  listed(cached, "A", 6);
  expect(cached.asOf(DETAIL)).toBe(5);
});

test("a list that was requested before the detail does not make it stale", () => {
  const cached = new CachedRecord("unit", 1, "Unit");
  read(cached, "B", 5);
  listed(cached, "A", 4);
  expect(cached.asOf(DETAIL)).toBe(5);
  expect(cached.value.name).toBe("B");
});
