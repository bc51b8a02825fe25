import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "vitest/config";
import { defineConfig } from "vitest/config";
import {
  BaseSequencer,
  type Reporter,
  type TestCase,
  type TestModule,
  type TestSpecification,
} from "vitest/node";
import { compiledPath } from "./test/support/build.ts";

/** Found in test files that other files in the same process would disturb. */
const needsOwnProcess = /cpuOf|\.(cpuUsage|memoryUsage)\(|queryObjects|process\.on\(/;

/** Found in test files that would disturb other files still running in the same process. */
const replaces = /vi\.(useFakeTimers|spyOn|stub\w+)\(/;

/** Found in test files that start processes and mostly wait for them, or in files of `test/` that they import. */
const startsProcesses =
  /node:child_process|\/support\/(browser|process|postgres)\.ts|\/(members|processes|project)\.ts/;

const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/${name}`);
const ownProcess = files.filter((file) => needsOwnProcess.test(readFileSync(file, "utf8")));
const replacing = files.filter(
  (file) => !ownProcess.includes(file) && replaces.test(readFileSync(file, "utf8")),
);

const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/from "(\.[^"]+)"/g)]
    .map(([, source = ""]) => join(dirname(file), source))
    .filter((path) => path.startsWith(resolve("test")));

function waits(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  return startsProcesses.test(text) || importsOf(file, text).some((path) => waits(path, seen));
}

/** Returns the longest timeout in a file, in seconds. Files with long timeouts start first. */
const longestTimeout = ({ moduleId }: TestSpecification): number =>
  Math.max(
    0,
    ...[...readFileSync(moduleId, "utf8").matchAll(/\b(\d+)_000\b/g)].map(([, count]) => Number(count)),
  );

/** Mixes files that wait with files that compute: one, then four, while there are both. */
class Mixed extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications);
    const own = sorted.filter(({ project }) => project.config.isolate);
    const alike = sorted.filter(({ project }) => project.name === "replacing");
    const shared = sorted.filter(({ project }) => project.name === "shared");
    const waiting = shared
      .filter(({ moduleId }) => waits(moduleId))
      .sort((one, other) => longestTimeout(other) - longestTimeout(one));
    const computing = shared.filter((one) => !waiting.includes(one));
    const mixed = waiting.flatMap((one) => [one, ...computing.splice(0, 4)]);
    return [...own, ...alike, ...mixed, ...computing];
  }
}

/** Tests import what is compiled of `src` and `simulator`. */
const compiled: Plugin = {
  name: "compiled",
  enforce: "pre",
  resolveId: (source, importer) =>
    importer && source.startsWith(".") ? compiledPath(join(dirname(importer), source)) : undefined,
};

/** In CI everything that a test needs is installed: one that is skipped fails the run. Names tests that were retried. */
const ciReporter: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const report = (what: string, { module, fullName }: TestCase) =>
      process.stderr.write(`${what}: ${module.relativeModuleId} > ${fullName}\n`);
    for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
      if (test.diagnostic()?.flaky) report("passed only when it was run again", test);
      if (test.result().state !== "skipped") continue;
      report("skipped in CI", test);
      process.exitCode = 1;
    }
  },
};

export default defineConfig({
  plugins: [compiled],
  // As Node resolves it: one copy of graphql, shared with the packages that require it.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    server: { deps: { external: [/\/dist-test\//] } },
    forceRerunTriggers: ["src/**", "simulator/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Many tests mostly wait: with two workers per core, two cores were idle for an eighth of the time.
    maxWorkers: 5,
    // Machines of CI are shared, and tests of several processes can run late there.
    retry: process.env.CI ? 1 : 0,
    reporters: ["dot", ...(process.env.CI ? [ciReporter] : [])],
    globalSetup: "test/support/build.ts",
    setupFiles: "test/support/bytes.ts",
    sequence: { sequencer: Mixed },
    projects: [
      // Few processes share these files: each loads the modules under test, and builds the schema, once.
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: [...ownProcess, ...replacing],
          isolate: false,
        },
      },
      { extends: true, test: { name: "replacing", include: replacing, isolate: false } },
      { extends: true, test: { name: "own process", include: ownProcess } },
    ],
  },
});
