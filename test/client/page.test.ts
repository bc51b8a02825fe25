import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { blocksOf } from "../support/documentation.ts";

const page = "docs/frontend.md";
const onOneLine = (text: string) => text.replace(/\s+/g, " ").trim();

test("each extract on the page for frontends is in the named file", () => {
  const extracts = ["ts", "tsx"]
    .flatMap((language) => blocksOf(page, language))
    .filter((block) => /^\/\/ examples\//.test(block));
  expect(extracts.length).toBeGreaterThan(6);
  for (const extract of extracts) {
    const [, path = "", text = ""] = /^\/\/ (\S+)\n([\s\S]+)$/.exec(extract) ?? [];
    expect(onOneLine(readFileSync(path, "utf8")), path).toContain(onOneLine(text));
  }
});

test("the page is short enough to read in one sitting", () => {
  expect(readFileSync(page, "utf8").split("\n").length).toBeLessThanOrEqual(240);
});

test("the client stays small enough to be read", () => {
  const files = readdirSync("client").filter((name) => name.endsWith(".ts"));
  const lines = files.map((name) => readFileSync(`client/${name}`, "utf8").split("\n").length - 1);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(400);
});
