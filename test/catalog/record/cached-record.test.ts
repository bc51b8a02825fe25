import { describe, expect, test } from "vitest";
import { CachedRecord } from "../../../src/catalog/record/cached-record.ts";
import { DETAIL, EXISTS, NEVER, SUMMARY } from "../../../src/catalog/record/source.ts";

/** A record, and functions that apply readings to it, made at times 1, 2, 3 and so on. */
function setUp() {
  const cached = new CachedRecord("unit", 1, "Unit");
  let now = 0;
  const list = (values: object, at = ++now) => cached.applySummary({ ...values }, undefined, at);
  const embedded = (values: object, at = ++now) => cached.applyEmbedded({ ...values }, at);
  const detail = (values: object, at = ++now) => cached.applyDetail({ ...values }, undefined, at);
  return { cached, list, embedded, detail, skip: () => ++now };
}

describe("a field that a list omits", () => {
  test("is unknown until the detail is read, then has the detail's value", () => {
    const { cached, list, detail } = setUp();
    list({ name: "A", header: undefined });
    expect(cached.asOf(SUMMARY, "name")).toBe(1);
    expect(cached.asOf(SUMMARY, "header")).toBe(NEVER);
    expect(cached.asOf(SUMMARY)).toBe(NEVER);
    expect(cached.asOf(EXISTS)).toBe(1);
    detail({ name: "A", header: "H" });
    list({ name: "A", header: undefined });
    expect(cached.value).toEqual({ name: "A", header: "H" });
    expect([cached.asOf(DETAIL), cached.asOf(SUMMARY), cached.asOf(SUMMARY, "name")]).toEqual([2, 2, 3]);
  });

  test("keeps its value, while a field that the list shows as null is null", () => {
    const { cached, list, detail } = setUp();
    detail({ name: "A", header: "H" });
    list({ name: "A", header: "H" });
    list({ name: "A", header: null });
    expect(cached.value.header).toBeNull();
    expect(cached.asOf(DETAIL)).toBe(NEVER);
  });
});

describe.each(["list", "embedded"] as const)(
  "a field on which a partial record (%s) and the detail differ",
  (source) => {
    test("is superseded by a later detail, also while other fields of the partial record change", () => {
      const { cached, detail, ...apply } = setUp();
      apply[source]({ name: "A", header: "" });
      detail({ name: "A", header: "H" });
      for (const _ of [3, 4]) apply[source]({ name: "A", header: "" });
      expect(cached.value).toEqual({ name: "A", header: "H" });
      expect([cached.asOf(DETAIL), cached.asOf(SUMMARY), cached.asOf(SUMMARY, "name")]).toEqual([2, 2, 4]);
      apply[source]({ name: "B", header: "" });
      expect(cached.value).toEqual({ name: "B", header: "H" });
      expect(cached.asOf(DETAIL)).toBe(NEVER);
      detail({ name: "B", header: "H2" });
      apply[source]({ name: "B", header: "" });
      expect(cached.value).toEqual({ name: "B", header: "H2" });
      expect(cached.asOf(DETAIL)).toBe(6);
    });

    test("has the detail's value if the partial record is the first, until the detail is read again", () => {
      const { cached, detail, ...apply } = setUp();
      detail({ name: "A", header: "H", number: "1" });
      apply[source]({ name: "B", header: "" });
      // A first list entry supersedes the detail; a first embedded part does not.
      const at = source === "list" ? NEVER : 1;
      expect([cached.asOf(DETAIL), cached.asOf(SUMMARY), cached.asOf(SUMMARY, "name")]).toEqual([at, at, at]);
      expect(cached.value).toEqual({ name: "A", header: "H", number: "1" });
      detail({ name: "B", header: "H", number: "2" });
      apply[source]({ name: "B", header: "" });
      expect(cached.value).toEqual({ name: "B", header: "H", number: "2" });
      expect([cached.asOf(DETAIL), cached.asOf(SUMMARY), cached.asOf(SUMMARY, "name")]).toEqual([3, 3, 4]);
    });

    test("has the new value if the partial record has changed, and supersedes the detail", () => {
      const { cached, detail, ...apply } = setUp();
      detail({ name: "A", number: "1" });
      apply[source]({ name: "A" });
      apply[source]({ name: "B" });
      expect(cached.value).toEqual({ name: "B", number: "1" });
      expect([cached.asOf(DETAIL), cached.asOf(SUMMARY)]).toEqual([NEVER, 3]);
    });

    test("counts again when the partial record shows another value", () => {
      const { cached, detail, ...apply } = setUp();
      apply[source]({ name: "" });
      detail({ name: "A" });
      apply[source]({ name: "B" });
      expect(cached.value.name).toBe("B");
      expect(cached.asOf(DETAIL)).toBe(NEVER);
    });

    test("is not superseded by a detail that has itself changed since it agreed", () => {
      const { cached, detail, ...apply } = setUp();
      detail({ name: "A" });
      apply[source]({ name: "A" });
      detail({ name: "B" });
      apply[source]({ name: "A" });
      expect(cached.value.name).toBe("A");
      expect(cached.asOf(DETAIL)).toBe(NEVER);
    });

    test("supersedes a detail that was read before it and applied after it", () => {
      const { cached, detail, skip, ...apply } = setUp();
      const sentAt = skip();
      apply[source]({ name: "B" });
      detail({ name: "A", number: "1" }, sentAt);
      expect(cached.value).toEqual({ name: "B", number: "1" });
      expect(cached.asOf(DETAIL)).toBe(NEVER);
    });

    test("is not superseded by the detail if a write ended between the two readings", () => {
      const { cached, detail, skip, ...apply } = setUp();
      apply[source]({ name: "A" });
      cached.invalidatedAt = skip();
      detail({ name: "B" });
      apply[source]({ name: "A" });
      expect(cached.value.name).toBe("A");
      expect(cached.asOf(DETAIL)).toBe(NEVER);
    });
  },
);

test("list entries and embedded parts are compared separately, and the newest value of each field counts", () => {
  const { cached, list, embedded, detail } = setUp();
  list({ name: "A", header: "" });
  embedded({ name: "A", header: "21_01_11" });
  detail({ name: "A", header: "21_01_11" });
  list({ name: "A", header: "" });
  embedded({ name: "A", header: "21_01_11" });
  list({ name: "A", header: "" });
  expect(cached.value).toEqual({ name: "A", header: "21_01_11" });
  expect([cached.asOf(DETAIL), cached.asOf(SUMMARY), cached.asOf(SUMMARY, "name")]).toEqual([3, 5, 6]);
  list({ name: "B", header: "" });
  expect(cached.value).toEqual({ name: "B", header: "21_01_11" });
});

test("a field that is unreadable in a list has the detail's value once that is read", () => {
  const { cached, list, detail } = setUp();
  const unreadable = (at: number) => cached.applySummary({ name: null }, { name: "no text" }, at);
  detail({ name: "A" });
  list({ name: "A" });
  unreadable(3);
  expect([cached.value.name, cached.fieldErrors?.name]).toEqual([null, "no text"]);
  detail({ name: "A" }, 4);
  unreadable(5);
  expect([cached.value.name, cached.fieldErrors?.name]).toEqual(["A", undefined]);
  expect(cached.asOf(DETAIL)).toBe(4);
});
