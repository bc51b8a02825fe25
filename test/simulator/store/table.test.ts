import { expect, test } from "vitest";
import { Sequence } from "../../../simulator/store/sequence.ts";
import { Table } from "../../../simulator/store/table.ts";

interface Row {
  readonly id: number;
  readonly name: string;
  readonly parent: number | null;
}

const table = () => new Table<Row>(new Sequence(5), () => ({ name: "", parent: null }));

test("ids continue from the highest, and a taken one is refused", () => {
  const rows = table();
  expect([rows.insert().id, rows.insert({ id: 9 }).id, rows.insert().id]).toEqual([5, 9, 10]);
  expect(() => rows.insert({ id: 9 })).toThrow("The id 9 is taken already");
  rows.remove(9);
  expect(rows.insert({ id: 9 }).id).toBe(9);
});

test("lookups by a field follow every change", () => {
  const rows = table();
  rows.insert({ parent: 1 });
  const ids = (parent: number | null) => rows.by("parent", parent).map(({ id }) => id);
  expect(ids(1)).toEqual([5]);
  rows.insert({ parent: 1 });
  rows.insert();
  expect([ids(1), ids(null)]).toEqual([[6, 5], [7]]);
  rows.change(5, { parent: null });
  rows.remove(6);
  expect([ids(1), ids(null), rows.size]).toEqual([[], [7, 5], 2]);
});

test("a change replaces the row and does not mutate it", () => {
  const rows = table();
  const before = rows.insert({ name: "a" });
  const after = rows.change(before.id, { name: "b" });
  expect([before.name, after.name, rows.get(before.id)]).toEqual(["a", "b", after]);
  expect(() => rows.change(99, {})).toThrow("no record 99");
  rows.remove(99);
  expect(rows.all()).toEqual([after]);
});
