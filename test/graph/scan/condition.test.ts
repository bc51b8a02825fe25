import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Column, createColumnFactories } from "../../../src/graph/scan/column.ts";
import { compileCondition } from "../../../src/graph/scan/condition.ts";
import { anyOf } from "../../../src/graph/scan/predicate.ts";
import { matching } from "./matching.ts";

interface Flat {
  text: string;
  decimal: string;
  int: number;
  date: string;
}

const of = createColumnFactories<Flat>();
const holds = (column: Column, name: string, value: unknown, operand: unknown): boolean => {
  const row = { id: 1, value: { [column.requiredFields[0] ?? ""]: value } };
  return matching([row], compileCondition(column, name, operand)).length === 1;
};
const contains = (text: string, part: string): boolean => holds(of.text("text"), "contains", text, part);

describe("contains", () => {
  it.each<[string, string]>([
    ["Marina Tower", "mARINA t"],
    ["ДОГОВОР №7", "договор"],
    ["İstanbul", "istanbul"],
    ["istanbul", "İSTANBUL"],
    ["ISPARTA", "ısparta"],
    ["Straße", "STRASSE"],
    ["ΟΔΟΣ Αθηνών", "οδος"],
    ["οδοσα", "ΟΔΟΣ"],
    ["برج خليفة", "خليفة"],
    ["Cafe\u0301", "CAFÉ"],
    ["Café", "cafe\u0301"],
    ["", ""],
    ["x", ""],
  ])("finds in %j %j", (text, part) => {
    expect(contains(text, part)).toBe(true);
  });

  it.each<[string, string]>([
    ["Майя", "Маия"],
    ["ёлка", "елка"],
    ["Café", "cafe!"],
    ["Unit 9", "Unit 10"],
    ["", "x"],
  ])("does not find in %j %j", (text, part) => {
    expect(contains(text, part)).toBe(false);
  });

  it("folds a text once for all conditions on it", () => {
    const name = of.text("text");
    const conditions = ["а", "б", "в", "г"].map((part) => compileCondition(name, "contains", part));
    const rows = ["Абв", "Где", "Жзи"].map((text, id) => ({ id, value: { text } }));
    const folded = vi.spyOn(String.prototype, "toUpperCase");
    const found = matching(rows, anyOf(conditions));
    const times = folded.mock.calls.length;
    folded.mockRestore();
    expect(found).toEqual(rows.slice(0, 2));
    expect(times).toBe(3);
  });

  it("finds every part of a text, in any case", () => {
    const part = fc.string({ unit: fc.constantFrom(..."aZ ßşЖёφم9") });
    fc.assert(
      fc.property(part, part, part, (before, middle, after) => {
        const text = before + middle + after;
        for (const written of [middle, middle.toUpperCase(), middle.toLowerCase()]) {
          expect(contains(text, written)).toBe(true);
          expect(contains(text.toUpperCase(), written)).toBe(true);
        }
      }),
    );
  });
});

describe("conditions", () => {
  const scaled = fc.record({ digits: fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), zeros: fc.nat(3) });
  /** The number `digits / 10^20`, with some insignificant trailing zeros. */
  const print = ({ digits, zeros }: { digits: bigint; zeros: number }): string => {
    const text = (digits < 0n ? -digits : digits).toString().padStart(21, "0");
    return `${digits < 0n ? "-" : ""}${text.slice(0, -20)}.${text.slice(-20)}${"0".repeat(zeros)}`;
  };
  const near = scaled.chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc.oneof(
        scaled,
        fc.record({ digits: fc.bigInt({ min: one.digits - 2n, max: one.digits + 2n }), zeros: fc.nat(3) }),
      ),
    ),
  );

  it("compare decimals by their exact value", () => {
    fc.assert(
      fc.property(near, ([a, b]) => {
        const check = (name: string): boolean => holds(of.decimal("decimal"), name, print(a), print(b));
        expect(check("eq")).toBe(a.digits === b.digits);
        expect(check("ne")).toBe(a.digits !== b.digits);
        expect(check("gt")).toBe(a.digits > b.digits);
        expect(check("gte")).toBe(a.digits >= b.digits);
        expect(check("lt")).toBe(a.digits < b.digits);
        expect(check("lte")).toBe(a.digits <= b.digits);
        expect(holds(of.decimal("decimal"), "in", print(a), ["1", print(b)])).toBe(a.digits === b.digits);
      }),
    );
  });

  it("compare dates by day", () => {
    const day = fc
      .date({ min: new Date("0100-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10));
    fc.assert(
      fc.property(day, day, (a, b) => {
        expect(holds(of.date("date"), "lt", a, b)).toBe(Date.parse(a) < Date.parse(b));
        expect(holds(of.date("date"), "gte", a, b)).toBe(Date.parse(a) >= Date.parse(b));
      }),
    );
  });

  it("do not match a missing value, except with ne, notIn and isNull", () => {
    for (const value of [null, undefined]) {
      for (const name of ["eq", "gt", "gte", "lt", "lte"]) {
        expect(holds(of.int("int"), name, value, 0)).toBe(false);
      }
      expect(holds(of.int("int"), "ne", value, 0)).toBe(true);
      expect(holds(of.int("int"), "in", value, [0])).toBe(false);
      expect(holds(of.int("int"), "notIn", value, [0])).toBe(true);
      expect(holds(of.int("int"), "isNull", value, true)).toBe(true);
      expect(holds(of.int("int"), "isNull", value, false)).toBe(false);
      expect(holds(of.text("text"), "contains", value, "")).toBe(false);
      expect(holds(of.text("text"), "startsWith", value, "")).toBe(false);
    }
  });
});
