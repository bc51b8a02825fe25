import { hash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A regular expression in the code, and its location. */
interface Expression {
  readonly source: string;
  readonly flags: string;
  readonly place: string;
}

const require = createRequire(import.meta.url);
/** Uses JavaScript only, so that the result is the same on every machine. */
const { checkSync } = require("recheck/lib/browser.js") as typeof import("recheck");
const { version } = require("recheck/package.json") as { readonly version: string };
/** Limited by iterations instead of time, with one seed. */
const limits = { randomSeed: 1, timeout: null, incubationTimeout: null, attackTimeout: null };
const cachePath = "node_modules/.cache/expressions.json";
const cacheKey = (source: string, flags: string) =>
  hash("sha256", JSON.stringify([version, limits, source, flags]));

/** The expressions of a file, as literals and in `RegExp(…)`; throws for one built at runtime. */
export function expressionsOf(path: string, text: string): Expression[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: Expression[] = [];
  const visit = (node: ts.Node): void => {
    const place = `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      found.push({ source: node.text.slice(1, end), flags: node.text.slice(end + 1), place });
    } else if (
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText() === "RegExp"
    ) {
      const [source, flags] = node.arguments ?? [];
      if (!source || !ts.isStringLiteralLike(source) || (flags && !ts.isStringLiteralLike(flags)))
        throw new Error(
          `${place} makes an expression as it runs, which nothing can judge. Write it as a literal.`,
        );
      found.push({ source: source.text, flags: flags?.text ?? "", place });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Whether an expression takes linear time for every text. One that cannot be judged counts as not linear. */
export const isSafe = ({ source, flags }: Pick<Expression, "source" | "flags">): boolean =>
  checkSync(source, flags, limits).status === "safe";

/** Checks the expressions of a folder. Results are cached, because a new one takes up to two seconds. */
function checkFolder(folder: string): void {
  const kept: Record<string, boolean> = readKept();
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  const all = paths.flatMap((path) =>
    expressionsOf(join(folder, path), readFileSync(join(folder, path), "utf8")),
  );
  const verdicts: Record<string, boolean> = {};
  for (const one of all) {
    const key = cacheKey(one.source, one.flags);
    verdicts[key] ??= kept[key] ?? isSafe(one);
  }
  mkdirSync(dirname(cachePath), { recursive: true });
  writeFileSync(cachePath, JSON.stringify(verdicts));
  const slow = all.filter(({ source, flags }) => !verdicts[cacheKey(source, flags)]);
  if (slow.length === 0) return;
  const lines = slow.map(({ source, flags, place }) => `${place} /${source}/${flags}`);
  throw new Error(
    `These expressions may take more than linear time. Begin a run with a look behind, such as (?<!0)0+$, or use no expression:\n${lines.join("\n")}`,
  );
}

function readKept() {
  try {
    return JSON.parse(readFileSync(cachePath, "utf8"));
  } catch {
    return {};
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) checkFolder("src");
