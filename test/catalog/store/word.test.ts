import { describe, expect, test } from "vitest";
import { CachedRecord, DETAIL, EXISTS, SUMMARY } from "../../../src/catalog/store/cached-record.ts";
import { NEVER } from "../../../src/catalog/store/source.ts";

const never = () => false;

/** A record, and what is said of it at times of its own clock: 1, 2, 3 and so on. */
function record() {
  const entry = new CachedRecord("unit", 1, "Unit");
  let now = 0;
  const list = (values: object, at = ++now) => entry.applyListEntry({ ...values }, undefined, at, never);
  const stub = (values: object, at = ++now) => entry.applyEmbedded({ ...values }, undefined, at);
  const detail = (values: object, at = ++now) => entry.applyDetail({ ...values }, undefined, at);
  return { entry, list, stub, detail, skip: () => ++now };
}

describe("what a list leaves open", () => {
  test("is unknown, and the detail's once that is read", () => {
    const { entry, list, detail } = record();
    list({ name: "A", header: undefined });
    expect(entry.asOf(SUMMARY, "name")).toBe(1);
    expect(entry.asOf(SUMMARY, "header")).toBe(NEVER);
    expect(entry.asOf(SUMMARY)).toBe(NEVER);
    expect(entry.asOf(EXISTS)).toBe(1);
    detail({ name: "A", header: "H" });
    list({ name: "A", header: undefined });
    expect(entry.value).toEqual({ name: "A", header: "H" });
    expect([entry.asOf(DETAIL), entry.asOf(SUMMARY), entry.asOf(SUMMARY, "name")]).toEqual([2, 2, 3]);
  });

  test("and what it says is null are two things", () => {
    const { entry, list, detail } = record();
    detail({ name: "A", header: "H" });
    list({ name: "A", header: "H" });
    list({ name: "A", header: null });
    expect(entry.value.header).toBeNull();
    expect(entry.asOf(DETAIL)).toBe(NEVER);
  });
});

describe.each(["list", "stub"] as const)("a %s that shows a field otherwise than the detail", (source) => {
  test("for good is not believed once the detail was read after it, whatever else it has to tell", () => {
    const { entry, detail, ...says } = record();
    says[source]({ name: "A", header: "" });
    detail({ name: "A", header: "H" });
    for (const _ of [3, 4]) says[source]({ name: "A", header: "" });
    expect(entry.value).toEqual({ name: "A", header: "H" });
    expect([entry.asOf(DETAIL), entry.asOf(SUMMARY), entry.asOf(SUMMARY, "name")]).toEqual([2, 2, 4]);
    says[source]({ name: "B", header: "" });
    expect(entry.value).toEqual({ name: "B", header: "H" });
    expect(entry.asOf(DETAIL)).toBe(NEVER);
    detail({ name: "B", header: "H2" });
    says[source]({ name: "B", header: "" });
    expect(entry.value).toEqual({ name: "B", header: "H2" });
    expect(entry.asOf(DETAIL)).toBe(6);
  });

  test("when it is first heard may be news or not: the detail has it", () => {
    const { entry, detail, ...says } = record();
    detail({ name: "A", header: "H", number: "1" });
    says[source]({ name: "B", header: "" });
    // For a list it is read again at once; the first stubs wait until younger data is asked for.
    const at = source === "list" ? NEVER : 1;
    expect([entry.asOf(DETAIL), entry.asOf(SUMMARY), entry.asOf(SUMMARY, "name")]).toEqual([at, at, at]);
    expect(entry.value).toEqual({ name: "A", header: "H", number: "1" });
    detail({ name: "B", header: "H", number: "2" });
    says[source]({ name: "B", header: "" });
    expect(entry.value).toEqual({ name: "B", header: "H", number: "2" });
    expect([entry.asOf(DETAIL), entry.asOf(SUMMARY), entry.asOf(SUMMARY, "name")]).toEqual([3, 3, 4]);
  });

  test("and did not before is news: it is shown, and the detail is read again", () => {
    const { entry, detail, ...says } = record();
    detail({ name: "A", number: "1" });
    says[source]({ name: "A" });
    says[source]({ name: "B" });
    expect(entry.value).toEqual({ name: "B", number: "1" });
    expect([entry.asOf(DETAIL), entry.asOf(SUMMARY)]).toEqual([NEVER, 3]);
  });

  test("is believed again as soon as it says something else", () => {
    const { entry, detail, ...says } = record();
    says[source]({ name: "" });
    detail({ name: "A" });
    says[source]({ name: "B" });
    expect(entry.value.name).toBe("B");
    expect(entry.asOf(DETAIL)).toBe(NEVER);
  });

  test("was right if the detail agreed with it and has changed since", () => {
    const { entry, detail, ...says } = record();
    detail({ name: "A" });
    says[source]({ name: "A" });
    detail({ name: "B" });
    says[source]({ name: "A" });
    expect(entry.value.name).toBe("A");
    expect(entry.asOf(DETAIL)).toBe(NEVER);
  });

  test("makes a detail outdated that was asked for before it and came after it", () => {
    const { entry, detail, skip, ...says } = record();
    const asked = skip();
    says[source]({ name: "B" });
    detail({ name: "A", number: "1" }, asked);
    expect(entry.value).toEqual({ name: "B", number: "1" });
    expect(entry.asOf(DETAIL)).toBe(NEVER);
  });

  test("because a write came between them is not held against it", () => {
    const { entry, detail, skip, ...says } = record();
    says[source]({ name: "A" });
    entry.invalidatedAt = skip();
    detail({ name: "B" });
    says[source]({ name: "A" });
    expect(entry.value.name).toBe("A");
    expect(entry.asOf(DETAIL)).toBe(NEVER);
  });
});

test("what lists and other records say is kept apart, each field by its newest teller", () => {
  const { entry, list, stub, detail } = record();
  list({ name: "A", header: "" });
  stub({ name: "A", header: "21_01_11" });
  detail({ name: "A", header: "21_01_11" });
  list({ name: "A", header: "" });
  stub({ name: "A", header: "21_01_11" });
  list({ name: "A", header: "" });
  expect(entry.value).toEqual({ name: "A", header: "21_01_11" });
  expect([entry.asOf(DETAIL), entry.asOf(SUMMARY), entry.asOf(SUMMARY, "name")]).toEqual([3, 5, 6]);
  list({ name: "B", header: "" });
  expect(entry.value).toEqual({ name: "B", header: "21_01_11" });
});

test("a field that a list answers unreadably is the detail's again when that has been read", () => {
  const { entry, list, detail } = record();
  const unreadable = (at: number) => entry.applyListEntry({ name: null }, { name: "no text" }, at, never);
  detail({ name: "A" });
  list({ name: "A" });
  unreadable(3);
  expect([entry.value.name, entry.fieldErrors?.name]).toEqual([null, "no text"]);
  detail({ name: "A" }, 4);
  unreadable(5);
  expect([entry.value.name, entry.fieldErrors?.name]).toEqual(["A", undefined]);
  expect(entry.asOf(DETAIL)).toBe(4);
});
