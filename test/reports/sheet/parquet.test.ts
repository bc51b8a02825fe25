import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { writeParquet } from "../../../src/capabilities/reports/sheet/parquet.ts";
import type { SheetRow, Table } from "../../../src/capabilities/reports/sheet/table.ts";
import { bytesOf, columns, tableOf } from "./table.ts";

async function read(table: Table) {
  const bytes = bytesOf(writeParquet(table));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return { schema: parquetMetadata(file).schema.slice(1), rows: await parquetReadObjects({ file }) };
}

describe("a table as Parquet", () => {
  test("has typed columns, and null for unreadable values", async () => {
    const { schema, rows } = await read(tableOf());
    expect(schema.map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ["Name", "BYTE_ARRAY", "UTF8"],
      ["Count", "INT32", undefined],
      ["Area", "DOUBLE", undefined],
      ["Price", "FIXED_LEN_BYTE_ARRAY", "DECIMAL"],
      ["Start", "INT32", "DATE"],
      ["As of", "INT64", "TIMESTAMP_MILLIS"],
      ["Open", "BOOLEAN", undefined],
    ]);
    expect(rows).toHaveLength(10);
    expect(rows[0]).toEqual({
      Name: "plain",
      Count: 1,
      Area: 1.5,
      Price: 4500.1,
      Start: new Date("2026-11-27"),
      "As of": new Date("2026-11-27T08:00:00Z"),
      Open: true,
    });
    expect(rows[1]).toMatchObject({
      Name: 'quote " and , and ; and\nline\r\nbreak\t',
      Price: -5,
      Open: false,
    });
    expect(rows[3]?.Start).toEqual(new Date("1899-12-31"));
    expect(rows[7]).toMatchObject({ Price: null, Start: null, Count: null, Open: null });
    expect(rows[9]?.Name).toBeNull();
  });

  test("has the largest scale of its decimals, and a 64-bit integer if that is wide enough", async () => {
    const price = columns.slice(3, 4);
    const { schema, rows } = await read(tableOf(price, [["1.5"], ["-2.125"], [null], ["10"]]));
    expect(schema).toMatchObject([{ type: "INT64", converted_type: "DECIMAL", scale: 3, precision: 18 }]);
    expect(rows.map(({ Price }) => Price)).toEqual([1.5, -2.125, null, 10]);
  });

  test("has decimals beyond 38 digits, and invalid ones, as text with every digit", async () => {
    const price = columns.slice(3, 4);
    const long = "12345678901234567890123456789012345678.99";
    expect((await read(tableOf(price, [[long], ["1.00"]]))).rows).toEqual([
      { Price: long },
      { Price: "1.00" },
    ]);
    expect((await read(tableOf(price, [["1e5"], ["1.00"]]))).rows).toEqual([
      { Price: "1e5" },
      { Price: "1.00" },
    ]);
  });

  test("of thousands of rows keeps each value in its place", async () => {
    const many = Array.from(
      { length: 2_501 },
      (_, index): SheetRow => [`row ${index}`, index, null, `${index}.25`, null, null, null],
    );
    const { rows } = await read(tableOf(columns, many));
    expect(rows.map(({ Count }) => Count)).toEqual(many.map(([, index]) => index));
    expect(rows[2_500]).toMatchObject({ Name: "row 2500", Price: 2500.25 });
  });

  test("without rows has its columns", async () => {
    const { schema, rows } = await read(tableOf(undefined, []));
    expect(schema).toHaveLength(7);
    expect(rows).toEqual([]);
  });
});
