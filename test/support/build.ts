import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import type { TestProject } from "vitest/node";
import production from "../../rolldown.config.ts";

/**
 * `src` and `simulator` as JavaScript, each module under its name, with the packages that it needs in the same files and few more. The tests
 * import them from here, and start processes from here: to find, compile and load each module of each package would use several times the CPU.
 */
const folder = "dist-test";

const { platform, resolve: resolution } = production;

/** Compiles them before the first test, and again before tests run again because a file has changed. */
export default async function setup(project: TestProject): Promise<void> {
  project.onTestsRerun(build);
  await build();
}

/** The path of what is compiled of a module of `src` or `simulator`; undefined for others. */
export function compiledPath(path: string): string | undefined {
  const place = relative(".", path);
  return /^(src|simulator)\/.*\.ts$/.test(place) ? resolve(folder, `${nameOf(place)}.js`) : undefined;
}

/** Gives each module the place of its name as `import.meta.url`, by which it finds files and modules: its text may be in a file with others. */
const place: Plugin = {
  name: "place",
  transform: {
    filter: { code: "import.meta.url", id: { exclude: /[\\/]node_modules[\\/]/ } },
    handler: (code, id) => ({
      code: code
        .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(String(compiledPath(id))).href))
        .replace(/(new URL\("[^"]+)\.ts"/g, '$1.js"'),
      // Lines stay lines.
      map: null,
    }),
  },
};

/** Has a schema printed, and its scopes read, once: each gateway would do so, and all have the same schema. */
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

/** The name of a module without its ending, in the folder of what is compiled. */
const nameOf = (path: string) => path.replace(/^src\//, "").replace(/\.ts$/, "");

/** Compiles these modules, and what they import, into a folder; packages that are `shared` stay where they are. */
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
  // Some files are found by their names alone. Of graphql there is one copy, which tests and their packages share.
  await bundle(Object.fromEntries(sources.map((path) => [nameOf(path), path])), made, ["graphql"]);
  // A process finds and loads few files in two thirds of the time, and in less without what it does not use.
  await bundle({ main: "src/main.ts" }, join(made, "process"), []);
  for (const path of data) cpSync(path, join(made, nameOf(path)));
  writeFileSync(join(made, "stamp"), stamp);
  // The whole folder at once: processes of another run of the tests may be starting from it.
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(made, folder);
  rmSync(former, { recursive: true, force: true });
}

/** What differs as soon as one of these files does. */
function stampOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of [...paths].sort()) hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}
