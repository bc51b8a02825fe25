import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * Compiles the bench's programs from `src/`, `simulator/`, `test/bench/` and `test/support/` into `dist/bench/`,
 * without type checks. Compiling at start would count as the program's memory and name every function. Returns a
 * program's path by name.
 */
export function compile(): (program: string) => string {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const target = join(root, "dist/bench");
  rmSync(target, { recursive: true, force: true });
  for (const path of ["schema", "pages", "package.json"])
    cpSync(join(root, path), join(target, path), { recursive: true });
  const options = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  };
  for (const folder of ["src", "simulator", "test/bench", "test/support"])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (name.includes("node_modules")) continue;
      const [from, to] = [join(root, folder, name), join(target, folder, name)];
      mkdirSync(dirname(to), { recursive: true });
      if (/\.(json|graphql)$/.test(name)) cpSync(from, to);
      if (!name.endsWith(".ts") || name.endsWith(".d.ts")) continue;
      const { outputText } = ts.transpileModule(readFileSync(from, "utf8"), {
        fileName: from,
        compilerOptions: options,
      });
      writeFileSync(to.replace(/\.ts$/, ".js"), outputText);
    }
  return (program) => join(target, "test/bench", program.replace(/\.ts$/, ".js"));
}
