import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { FairQueue } from "../../../src/alma/resilience/fair-queue.ts";

/**
 * A reference implementation with a linear search: owners in the order of service, and the items that each waits for.
 */
class PlainLine {
  readonly owners: { readonly name: string; readonly values: number[] }[] = [];

  add(name: string, value: number): void {
    const owner = this.owners.find((one) => one.name === name);
    if (owner) owner.values.push(value);
    else this.owners.push({ name, values: [value] });
  }

  remove(name: string, value: number): void {
    const index = this.owners.findIndex((one) => one.name === name);
    const values = this.owners[index]?.values ?? [];
    if (values.includes(value)) values.splice(values.indexOf(value), 1);
    if (index >= 0 && values.length === 0) this.owners.splice(index, 1);
  }

  take(index: number): number | undefined {
    const [owner] = this.owners.splice(index, 1);
    const value = owner?.values.shift();
    if (owner && owner.values.length > 0) this.owners.push(owner);
    return value;
  }
}

const name = fc.constantFrom("a", "b", "c", "d");
const step = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("add" as const), name }), weight: 3 },
  fc.record({ kind: fc.constant("remove" as const), name, value: fc.nat(40) }),
  fc.record({ kind: fc.constant("next" as const) }),
  fc.record({ kind: fc.constant("take" as const), index: fc.nat(3) }),
);

test("serves owners in turn and each owner's values in order, despite removals", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const [line, plain] = [new FairQueue<number>(), new PlainLine()];
      for (const [value, one] of steps.entries()) {
        if (one.kind === "add") for (const either of [line, plain]) either.add(one.name, value);
        if (one.kind === "remove") for (const either of [line, plain]) either.remove(one.name, one.value);
        if (one.kind === "next") expect(line.next()).toBe(plain.take(0));
        const owner = one.kind === "take" ? plain.owners[one.index]?.name : undefined;
        if (one.kind === "take" && owner) expect(line.take(owner)).toBe(plain.take(one.index));
        expect([...line.owners()]).toEqual(plain.owners.map((each) => each.name));
        for (const each of plain.owners) expect(line.lengthOf(each.name)).toBe(each.values.length);
        expect(line.length).toBe(plain.owners.reduce((sum, { values }) => sum + values.length, 0));
      }
    }),
  );
});

// A new iterator of a Map or Set skips all deleted entries: one iterator per turn would make many owners quadratic.
test("a turn creates no iterator, however many owners there are", () => {
  const count = 1000;
  const line = new FairQueue<number>();
  for (let n = 0; n < 2 * count; n++) line.add(`${n % count}`, n);
  const ways = ["keys", "values", "entries", Symbol.iterator] as const;
  const spies = [Map.prototype, Set.prototype].flatMap((kind) =>
    ways.map((way) => vi.spyOn(kind as Map<unknown, unknown>, way)),
  );
  for (let n = 0; n < 2 * count; n++) line.next();
  const made = spies.flatMap(({ mock }) => [...mock.calls]).length;
  vi.restoreAllMocks();
  expect([made, line.length]).toEqual([0, 0]);
});
