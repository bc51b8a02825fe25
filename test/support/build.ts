import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import type { TestProject } from "vitest/node";
import production from "../../rolldown.config.ts";

/**
 * Bundles `src` and `simulator` as JavaScript, each module under its name, with the required packages included. Tests
 * import and start processes from here, because finding, compiling and loading every module would use several times the
 * CPU.
 */
const folder = "dist-test";

const { platform, resolve: resolution } = production;

/** Compiles them before the first test, and again before a rerun after a file has changed. */
export default async function setup(project: TestProject): Promise<void> {
  project.onTestsRerun(build);
  await build();
}

/** The path of a compiled module of `src` or `simulator`; undefined for others. */
export function compiledPath(path: string): string | undefined {
  const place = relative(".", path);
  return /^(src|simulator)\/.*\.ts$/.test(place) ? resolve(folder, `${nameOf(place)}.js`) : undefined;
}

/**
 * Sets each module's `import.meta.url` to its original path, which it uses to find files: bundles contain several
 * modules.
 */
const place: Plugin = {
  name: "place",
  transform: {
    filter: { code: "import.meta.url", id: { exclude: /[\\/]node_modules[\\/]/ } },
    handler: (code, id) => ({
      code: code
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(String(compiledPath(id))).href))
        .replace(/(new URL\("[^"]+)\.ts"/g, '$1.js"'),
      // Keeps the number of lines.
      map: null,
    }),
  },
};

/** Prints the schema and reads its scopes once, instead of once per gateway. */
const readOnce: Plugin = {
  name: "read once",
  transform: {
    filter: { id: /@apollo\/server\/.*\/ApolloServer\.js$|\/operation-analysis\.ts$/ },
    handler: (code) => ({
      code: code
        .replace("computeCoreSchemaHash(printSchema(schema))", "(schema.hashOfText ??= $&)")
        .replace("readSchemaScopes(schema)", "(schema.scopes ??= $&)"),
      map: null,
    }),
  },
};

/** A module's name without its extension, in the output folder. */
const nameOf = (path: string) => path.replace(/^src\//, "").replace(/\.ts$/, "");

/** Compiles these modules and their imports into a folder; `shared` packages stay external. */
async function bundle(input: Record<string, string>, dir: string, shared: readonly string[]): Promise<void> {
  const modules = await rolldown({
    input,
    external: [...shared],
    plugins: [place, readOnce],
    platform,
    resolve: resolution,
    treeshake: shared.length === 0,
  });
  await modules.write({
    dir,
    chunkFileNames: "packages/[name]-[hash].js",
    sourcemap: true,
    // Each process reads all of it.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
}

async function build(): Promise<void> {
  const files = ["src", "simulator"].flatMap((root) =>
    readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name)),
  );
  const sources = files.filter((path) => path.endsWith(".ts"));
  const data = files.filter((path) => /^src.*\.(json|graphql)$/.test(path));
  const stamp = stampOf([
    ...sources,
    ...data,
    "package-lock.json",
    "test/support/build.ts",
    "rolldown.config.ts",
  ]);
  const stampFile = join(folder, "stamp");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  const [made, former] = [`${folder}-${process.pid}`, `${folder}-before-${process.pid}`];
  // Some files are found only by name. Tests and their packages share a single copy of graphql.
  await bundle(Object.fromEntries(sources.map((path) => [nameOf(path), path])), made, ["graphql"]);
  // With few files, a process starts in two thirds of the time, and faster without unused code.
  await bundle({ main: "src/main.ts" }, join(made, "process"), []);
  for (const path of data) cpSync(path, join(made, nameOf(path)));
  writeFileSync(join(made, "stamp"), stamp);
  // Replaces the whole folder atomically: processes of another test run may be starting from it.
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(made, folder);
  rmSync(former, { recursive: true, force: true });
}

/** A fingerprint that changes with any of these files. */
function stampOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of [...paths].sort()) hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}
