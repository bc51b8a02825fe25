import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

/** The page that says how many tokens of code each folder of `src` may have. */
const page = readFileSync("docs/architecture.md", "utf8");
const ceilings = new Map(
  [...page.matchAll(/^\| `src(?:\/([a-z]+))?` \| ([\d,]+) \|/gm)].map(([, folder = "", tokens = ""]) => [
    folder,
    Number(tokens.replace(",", "")),
  ]),
);

/** How many tokens of code a program has; comments and white space are none. */
function countTokens(text: string): number {
  const file = ts.createSourceFile("", text, ts.ScriptTarget.Latest, true);
  const count = (node: ts.Node): number => {
    const children = node.getChildren(file);
    if (ts.isJSDoc(node)) return 0;
    return children.length === 0
      ? Number(node.getWidth(file) > 0)
      : children.reduce((sum, child) => sum + count(child), 0);
  };
  return count(file);
}

const weights = new Map<string, number>();
for (const name of readdirSync("src", { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".ts") || name.endsWith("generated.ts")) continue;
  const folder = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
  weights.set(folder, (weights.get(folder) ?? 0) + countTokens(readFileSync(`src/${name}`, "utf8")));
}

test("every folder has a ceiling", () => {
  expect([...ceilings.keys()].sort()).toEqual([...weights.keys()].sort());
});

test.each([...ceilings])("src/%s has at most %i tokens of code", (folder, ceiling) => {
  const weight = weights.get(folder) ?? 0;
  expect(
    weight,
    "what could go for it? Otherwise raise the ceiling in docs/architecture.md",
  ).toBeLessThanOrEqual(ceiling);
  // A ceiling follows what becomes lighter.
  expect(weight).toBeGreaterThan(ceiling - 2_000);
});
