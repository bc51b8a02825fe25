import { cpSync, readdirSync, rmSync } from "node:fs";
import { rolldown } from "rolldown";
import type { TestProject } from "vitest/node";

/** `src` as JavaScript, module by module, as `npm run build` makes it; tests start processes from it. */
const folder = "dist-test";

/** Compiles `src` before the first test, and again before tests run again because a file has changed. */
export default async function setup(project: TestProject): Promise<void> {
  project.onTestsRerun(build);
  await build();
}

async function build(): Promise<void> {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" });
  const bundle = await rolldown({
    // Some files are found by their names alone.
    input: files.filter((name) => name.endsWith(".ts")).map((name) => `src/${name}`),
    external: /^[^./]/,
    platform: "node",
    treeshake: false,
  });
  rmSync(folder, { recursive: true, force: true });
  await bundle.write({ dir: folder, preserveModules: true, preserveModulesRoot: "src" });
  for (const name of files) if (name.endsWith(".json")) cpSync(`src/${name}`, `${folder}/${name}`);
}
