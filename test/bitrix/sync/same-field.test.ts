import { describe, expect, test } from "vitest";
import { findDifference } from "../../../src/capabilities/bitrix/task/difference.ts";
import { Task } from "../../../src/capabilities/bitrix/task/task.ts";
import { kinds } from "../../../src/catalog/index.ts";
import { textFieldsOf, texts, type Value, valuePairsOf } from "../../graph/write/different-values.ts";

describe.each(kinds)("a sync of %s", (kind) => {
  /** The fields that a sync would write to a record with the first of two values. */
  const syncs = (pairs: Readonly<Record<string, readonly [Value, Value]>>) => {
    const task = new Task(kind);
    task.before = Object.fromEntries(Object.entries(pairs).map(([field, [shown]]) => [field, shown]));
    for (const [field, [, value]] of Object.entries(pairs)) task.fields.set(field, { value, from: "UF" });
    return Object.keys(findDifference(task, {}).fields);
  };

  test.each(texts)("writes texts that differ by $pair as an update does", (texts) => {
    const { fields, written } = textFieldsOf(kind, texts);
    const { shown, value } = texts;
    expect(syncs(Object.fromEntries(fields.map((field) => [field, [shown, value]])))).toEqual(written);
  });

  test("writes other values that differ, and no others", () => {
    const pairs = valuePairsOf(kind);
    const fields = Object.keys(pairs);
    expect(syncs(pairs)).toEqual(fields);
    const same = Object.fromEntries(
      Object.entries(pairs).map(([field, [shown]]) => [field, [shown, shown] as const]),
    );
    expect(syncs(same)).toEqual([]);
  });
});
