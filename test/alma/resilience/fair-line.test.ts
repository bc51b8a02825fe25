import fc from "fast-check";
import { expect, test } from "vitest";
import { FairLine } from "../../../src/alma/resilience/fair-line.ts";

/** The same by a list that is looked through: owners in the order in which they are served, and what waits for each. */
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

test("owners are served in turn, and one owner's values in the order of arrival, whatever leaves between", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const [line, plain] = [new FairLine<number>(), new PlainLine()];
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

/** Milliseconds in which so many owners join a line, with two values each, and are served; the shortest of three. */
function duration(count: number): number {
  const times = [1, 2, 3].map(() => {
    const line = new FairLine<number>();
    const startedAt = performance.now();
    for (let n = 0; n < 2 * count; n++) line.add(`${n % count}`, n);
    for (let n = 0; n < 2 * count; n++) line.next();
    expect(line.length).toBe(0);
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}

test("the cost of a turn does not grow with the number of owners", () => {
  // Eight times as many would take sixty-four times as long if each turn passed those that have left.
  expect(duration(80_000)).toBeLessThan(24 * duration(10_000));
});
