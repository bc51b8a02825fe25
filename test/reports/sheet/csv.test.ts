import { describe, expect, test } from "vitest";
import { writeCsv } from "../../../src/capabilities/reports/sheet/csv.ts";
import { hasPython, readCsv } from "../../support/python.ts";
import { bytesOf, plainOptions, tableOf } from "./table.ts";

describe("a table as CSV", () => {
  test.skipIf(!hasPython)(
    "is read back unchanged by Python's csv module, with apostrophes before formulas",
    () => {
      const read = readCsv(bytesOf(writeCsv(tableOf(), plainOptions)));
      expect(read[0]).toEqual(["Name", "Count", "Area", "Price", "Start", "As of", "Open"]);
      expect(read.slice(1)).toEqual([
        ["plain", "1", "1.5", "4500.10", "2026-11-27", "2026-11-27T08:00:00.000Z", "true"],
        ['quote " and , and ; and\nline\r\nbreak\t', "-7", "-0.25", "-5.00", "2024-02-29", "", "false"],
        ["Анна 李 🏠 é", "0", "0", "0", "1900-01-01", "", ""],
        ["'=1+1", "", "", "123456789012345.67", "1899-12-31", "", ""],
        ["'@SUM(A1)", "", "", "99999999999999999999.99", "9999-12-31", "", ""],
        ["'-2+3", "", "", "0.001", "1900-03-01", "", ""],
        ["'+49 30", "", "", "", "", "", ""],
        ["<a>&amp;</a> _x0041_ \u0001", "#N/A", "#N/A", "#N/A", "#N/A", "#N/A", "#N/A"],
        ["", "", "", "", "", "", ""],
        ["", "", "", "", "", "", ""],
      ]);
    },
  );

  test("begins with a byte order mark if requested, and omits titles if requested", () => {
    const text = bytesOf(
      writeCsv(tableOf(), { ...plainOptions, hasByteOrderMark: true, hasHeader: false }),
    ).toString();
    expect(text.startsWith("\uFEFFplain,1,1.5,")).toBe(true);
  });

  test.skipIf(!hasPython)("has semicolons and decimal commas where points separate thousands", () => {
    const read = readCsv(bytesOf(writeCsv(tableOf(), { ...plainOptions, hasDecimalComma: true })), ";");
    expect(read[1]).toEqual([
      "plain",
      "1",
      "1,5",
      "4500,10",
      "2026-11-27",
      "2026-11-27T08:00:00.000Z",
      "true",
    ]);
    expect(read[2]?.slice(0, 4)).toEqual([
      'quote " and , and ; and\nline\r\nbreak\t',
      "-7",
      "-0,25",
      "-5,00",
    ]);
  });

  test.skipIf(!hasPython)("keeps a row of one column that has nothing in it", () => {
    const [name] = tableOf().columns;
    const table = tableOf(name && [name], [["a"], [null], ["b"]]);
    expect(readCsv(bytesOf(writeCsv(table, plainOptions)))).toEqual([["Name"], ["a"], [""], ["b"]]);
  });

  test("escapes a formula behind a tab, a line break or a wide sign, and a title that is one", () => {
    const [name] = tableOf().columns;
    const risky = ["\t=1", "\r=1", "＝1", "＋1", "－1", "＠1"];
    const table = tableOf(
      name && [{ ...name, title: "=cmd" }],
      risky.map((text) => [text]),
    );
    const text = bytesOf(writeCsv(table, plainOptions)).toString();
    expect(text.startsWith("'=cmd\r\n")).toBe(true);
    for (const one of risky) expect(text).toContain(`'${one}`);
  });

  test("treats an invalid number or day as text", () => {
    const [, , , price, start] = tableOf().columns;
    const table = tableOf(price && start && [price, start], [
      ["=1,5", "@today"],
      ["-1.5", "2024-02-29"],
    ]);
    expect(bytesOf(writeCsv(table, plainOptions)).toString()).toBe(
      `Price,Start\r\n"'=1,5",'@today\r\n-1.5,2024-02-29\r\n`,
    );
  });

  test("without rows has its titles", () => {
    expect(bytesOf(writeCsv(tableOf(undefined, []), plainOptions)).toString()).toBe(
      "Name,Count,Area,Price,Start,As of,Open\r\n",
    );
  });
});
