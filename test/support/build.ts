import { cpSync, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
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
  const [made, former] = [`dist/test-${process.pid}`, `dist/test-before-${process.pid}`];
  await bundle.write({ dir: made, preserveModules: true, preserveModulesRoot: "src" });
  for (const name of files) if (name.endsWith(".json")) cpSync(`src/${name}`, `${made}/${name}`);
  // The whole folder at once: processes of another run of the tests may be starting from it.
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(made, folder);
  rmSync(former, { recursive: true, force: true });
}
