import { describe, expect, test } from "vitest";
import { writeJson, writeNdjson } from "../../../src/capabilities/reports/sheet/json.ts";
import { bytesOf, rows, tableOf } from "./table.ts";

describe("a table as JSON", () => {
  test("is a list of flat objects, whose decimals are numbers with all of their digits", () => {
    const text = bytesOf(writeJson(tableOf())).toString();
    const objects = JSON.parse(text);
    expect(objects).toHaveLength(rows.length);
    expect(objects[0]).toEqual({
      Name: "plain",
      Count: 1,
      Area: 1.5,
      Price: 4500.1,
      Start: "2026-11-27",
      "As of": "2026-11-27T08:00:00.000Z",
      Open: true,
    });
    expect(text).toContain('"Price":99999999999999999999.99,');
    expect(text).toContain('"Price":4500.10,');
    expect(objects[7]).toMatchObject({ Name: "<a>&amp;</a> _x0041_ \u0001", Price: "#N/A" });
    expect(objects[9].Name).toBeNull();
  });

  test("has a number for a decimal with leading zeros, and text for other values", () => {
    const [, , , price] = tableOf().columns;
    const text = bytesOf(writeJson(tableOf(price && [price], [["007.50"], ["1e5"]]))).toString();
    expect(text).toBe('[\n{"Price":7.50},\n{"Price":"1e5"}\n]\n');
  });

  test("without rows is an empty list", () => {
    expect(bytesOf(writeJson(tableOf(undefined, []))).toString()).toBe("[]\n");
  });

  test("has the same objects, each on a line, as NDJSON", () => {
    const lines = bytesOf(writeNdjson(tableOf())).toString().split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      JSON.parse(bytesOf(writeJson(tableOf())).toString()),
    );
    expect(bytesOf(writeNdjson(tableOf(undefined, []))).toString()).toBe("");
  });
});
