import { expect, test } from "vitest";
import { DETAIL, Entry } from "../../src/catalog/entry.ts";
import { NEVER } from "../../src/catalog/source.ts";

const never = () => false;
const listed = (entry: Entry, name: string, at: number) => entry.takeListed({ name }, undefined, at, never);
const read = (entry: Entry, name: string, at: number) =>
  entry.takeDetail({ name, number: `n${at}` }, undefined, at);

test("a list that shows a record otherwise than its detail makes the detail stale", () => {
  const entry = new Entry("unit", 1, "Unit");
  listed(entry, "A", 1);
  read(entry, "A", 2);
  listed(entry, "A", 3);
  expect(entry.at(DETAIL)).toBe(2);
  listed(entry, "B", 4);
  expect(entry.at(DETAIL)).toBe(NEVER);
});

test("one that always shows it otherwise does so once", () => {
  const entry = new Entry("unit", 1, "Unit");
  read(entry, "long name", 1);
  listed(entry, "", 2);
  expect(entry.at(DETAIL)).toBe(NEVER);
  read(entry, "long name", 3);
  for (const at of [4, 5, 6]) listed(entry, "", at);
  expect(entry.at(DETAIL)).toBe(3);
});

test("a name that went and came back between two lists is noticed", () => {
  const entry = new Entry("unit", 1, "Unit");
  read(entry, "A", 1);
  listed(entry, "A", 2);
  read(entry, "B", 3);
  listed(entry, "A", 4);
  expect(entry.at(DETAIL)).toBe(NEVER);
  read(entry, "A", 5);
  listed(entry, "A", 6);
  expect(entry.at(DETAIL)).toBe(5);
});

test("a list that was asked for before the detail says nothing about it", () => {
  const entry = new Entry("unit", 1, "Unit");
  read(entry, "B", 5);
  listed(entry, "A", 4);
  expect(entry.at(DETAIL)).toBe(5);
  expect(entry.value.name).toBe("B");
});
