import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { onTestFinished } from "vitest";
import { type PageClient, pageFiles } from "./project.ts";

const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2023,
  jsx: ts.JsxEmit.ReactJSX,
};

const files = { "Apollo Client": "apollo", urql: "urql", Relay: "relay" };

/** What docs/frontend.md's file of a client exports, until the test ends. `url`: the address of GraphQL. */
export async function importPage<T>(client: PageClient, url: string, key: string): Promise<T> {
  await mkdir("dist-test", { recursive: true });
  const folder = await mkdtemp(resolve("dist-test", "page-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, text] of Object.entries(pageFiles(client)).filter(([path]) => /^src.*tsx?$/.test(path))) {
    const { outputText } = ts.transpileModule(text, { compilerOptions });
    const own = outputText.replaceAll(/ from "\.\/(\w+)"/g, ' from "./$1.mjs"');
    const storage = `const sessionStorage = { getItem: () => ${JSON.stringify(key)} };\n`;
    const settings = own.replace("import.meta.env", JSON.stringify({ VITE_GATEWAY: new URL(url).origin }));
    await writeFile(join(folder, `${basename(path).split(".")[0]}.mjs`), storage + settings);
  }
  return import(/* @vite-ignore */ pathToFileURL(join(folder, `${files[client]}.mjs`)).href) as Promise<T>;
}
