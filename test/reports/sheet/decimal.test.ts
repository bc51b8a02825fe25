import { describe, expect, test } from "vitest";
import { DecimalSum } from "../../../src/capabilities/reports/sheet/decimal-sum.ts";
import { contentDisposition } from "../../../src/capabilities/reports/sheet/format.ts";

const sumOf = (...texts: readonly string[]) => {
  const sum = new DecimalSum();
  for (const text of texts) sum.add(text);
  return sum.toString();
};

describe("the sum of decimals", () => {
  test("is exact, with the most decimals of any", () => {
    expect(sumOf("0.1", "0.2")).toBe("0.3");
    expect(sumOf("1", "-2.50", "0.125")).toBe("-1.375");
    expect(sumOf("99999999999999999999.99", "0.01")).toBe("100000000000000000000.00");
    expect(sumOf("-0.05", "0.04")).toBe("-0.01");
    expect(sumOf()).toBe("0");
    expect(sumOf("#N/A", "5")).toBe("5");
  });
});

describe("the name of a file", () => {
  test("is ASCII for old clients, and in any script for all others", () => {
    expect(contentDisposition("rent-roll", "Mieten: Müller's 100 % (李)", "csv")).toBe(
      "attachment; filename=\"rent-roll.csv\"; filename*=UTF-8''Mieten_%20M%C3%BCller%27s%20100%20%25%20%28%E6%9D%8E%29.csv",
    );
    expect(contentDisposition('a"b\r\nc', "x\ud800\r\ny", "csv")).toBe(
      "attachment; filename=\"a_b__c.csv\"; filename*=UTF-8''x___y.csv",
    );
  });
});
