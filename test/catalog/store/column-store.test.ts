import { describe, expect, it } from "vitest";
import { ColumnStore, type ColumnValues } from "../../../src/catalog/store/column-store.ts";
import { createStore } from "../../../src/catalog/store/store.ts";

interface Item {
  slot: number;
  value: string;
}

/** Counts writes. */
class Written implements ColumnValues<Item> {
  readonly values: string[] = [];
  count = 0;

  write({ slot, value }: Item): void {
    this.values[slot] = value;
    this.count++;
  }
}

const create = () => new Written();
const items = (count: number): Item[] =>
  Array.from({ length: count }, (_, slot) => ({ slot, value: `first ${slot}` }));

/** A key's column and the number of parts in which it was filled. */
function fill(columns: ColumnStore<Item>, key: string): { column: Written; parts: number } {
  for (let parts = 1; ; parts++) {
    const column = columns.advance(key, create);
    if (column) return { column, parts };
  }
}

describe("the columns of a kind", () => {
  it("are filled in parts, and include changes in between", () => {
    const all = items(10_000);
    const columns = new ColumnStore(() => all);
    expect(columns.advance("name", create)).toBeUndefined();
    const [changed] = all as [Item];
    changed.value = "changed";
    columns.noteChange(changed);
    const { column, parts } = fill(columns, "name");
    expect(parts).toBeGreaterThan(3);
    expect(column.values).toEqual([
      "changed",
      ...items(10_000)
        .slice(1)
        .map(({ value }) => value),
    ]);
  });

  it("write one slot for one change", () => {
    const all = items(1_000);
    const columns = new ColumnStore(() => all);
    const { column } = fill(columns, "name");
    const before = column.count;
    const changed = all[7] as Item;
    changed.value = "changed";
    columns.noteChange(changed);
    expect(fill(columns, "name").column).toBe(column);
    expect(column.values[7]).toBe("changed");
    expect(column.count).toBe(before + 1);
  });

  it("are dropped after many changes without use, and are right again afterwards", () => {
    const all = items(20);
    const columns = new ColumnStore(() => all);
    const { column } = fill(columns, "unused");
    const { column: used } = fill(columns, "used");
    for (let round = 0; round < 10_000; round++) {
      const changed = all[round % 20] as Item;
      changed.value = `round ${round}`;
      columns.noteChange(changed);
      if (round % 1_000 === 0) fill(columns, "used");
    }
    expect(fill(columns, "used").column).toBe(used);
    const again = fill(columns, "unused").column;
    expect(again).not.toBe(column);
    for (const { values } of [again, used]) expect(values).toEqual(all.map(({ value }) => value));
  });

  it("do not write a record that lost its slot to another", () => {
    const all = items(3);
    const columns = new ColumnStore(() => all);
    fill(columns, "name");
    const lost = all[1] as Item;
    const list = [...all];
    expect([...columns.slotsOf(list)]).toEqual([0, 1, 2]);
    columns.noteChange(lost);
    lost.slot = -1;
    columns.noteChange(lost);
    columns.noteChange({ slot: 1, value: "newcomer" });
    expect(fill(columns, "name").column.values).toEqual(["first 0", "newcomer", "first 2"]);
    expect([...columns.slotsOf(list)]).toEqual([0, -1, 2]);
  });

  it("follow the evictions of a table", async () => {
    const store = createStore();
    const table = store.tables.client;
    const list = (ids: readonly number[], at: number) =>
      store.applyList("client", { items: ids.map((id) => ({ record: { id } })), malformed: 0 }, at);
    await list([1, 2, 3], 1);
    const before = table.listed;
    expect([...table.columns.slotsOf(before)]).toEqual(before.map(({ slot }) => slot));
    // There are more unlisted records than the limit: the oldest lose their slots.
    await list([], 2);
    for (const { id } of before) store.applyDetail("client", { record: { id } }, 3);
    for (let id = 10; id < 10_020; id++) table.getOrCreate(id);
    await list([5_000], 4);
    expect([...table.columns.slotsOf(before)]).toEqual([-1, -1, -1]);
  });
});
