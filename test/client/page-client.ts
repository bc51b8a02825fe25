import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { onTestFinished } from "vitest";
import { pageFiles } from "./project.ts";

const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };

/** What a file of docs/frontend.md exports, such as `apollo`, until the test ends. `url`: the address of GraphQL. */
export async function importPage<T>(name: string, url: string, key: string): Promise<T> {
  await mkdir("dist-test", { recursive: true });
  const folder = await mkdtemp(resolve("dist-test", "page-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, text] of Object.entries(pageFiles(new URL(url).origin))) {
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    const own = outputText.replaceAll(/ from "\.\/(\w+)"/g, ' from "./$1.mjs"');
    const storage = `const sessionStorage = { getItem: () => ${JSON.stringify(key)} };\n`;
    await writeFile(join(folder, `${basename(path, ".ts")}.mjs`), storage + own);
  }
  return import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}.mjs`)).href) as Promise<T>;
}
