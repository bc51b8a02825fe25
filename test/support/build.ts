import { cpSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import type { TestProject } from "vitest/node";

/**
 * `src`, and `simulator` in it, as JavaScript, each module under its name, with the packages that it needs in the same files and few more: tests
 * start processes from it, which would use twice the CPU to find and load each module of each package.
 */
const folder = "dist-test";

/** Compiles them before the first test, and again before tests run again because a file has changed. */
export default async function setup(project: TestProject): Promise<void> {
  project.onTestsRerun(build);
  await build();
}

const placeOf = (id: string) =>
  /[\\/]node_modules[\\/]/.test(id)
    ? "import.meta.url"
    : JSON.stringify(pathToFileURL(`${join(folder, nameOf(relative(".", id)))}.js`).href);

/** The name of a module without its ending, in the folder of what is compiled. */
const nameOf = (path: string) => path.replace(/^src\//, "").replace(/\.ts$/, "");

async function build(): Promise<void> {
  const files = ["src", "simulator"].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name)),
  );
  const sources = files.filter((path) => path.endsWith(".ts"));
  const bundle = await rolldown({
    // Some files are found by their names alone.
    input: Object.fromEntries(sources.map((path) => [nameOf(path), path])),
    // It requires its parts by names that are made as it runs.
    external: ["jsonc-parser"],
    // Where a module lies, by which it finds files, is where its name is: its text may be in a file with others.
    plugins: [{ name: "place", transform: (code, id) => code.replaceAll("import.meta.url", placeOf(id)) }],
    platform: "node",
    treeshake: false,
  });
  const [made, former] = [`dist/test-${process.pid}`, `dist/test-before-${process.pid}`];
  await bundle.write({
    dir: made,
    chunkFileNames: "packages/[name]-[hash].js",
    // Each process reads all of it.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  for (const path of files) if (/^src.*\.json$/.test(path)) cpSync(path, join(made, nameOf(path)));
  // The whole folder at once: processes of another run of the tests may be starting from it.
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(made, folder);
  rmSync(former, { recursive: true, force: true });
}
