import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** What a test file does that others in the same process would notice, or that they would disturb. */
const needsOwnProcess = /vi\.(useFakeTimers|spyOn|stub\w+)\(|cpuOf|\.(cpuUsage|memoryUsage)\(|process\.on\(/;

const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/${name}`);
const ownProcess = files.filter((file) => needsOwnProcess.test(readFileSync(file, "utf8")));

export default defineConfig({
  // As Node resolves it: one copy of graphql, shared with the packages that require it.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["dot"],
    globalSetup: "test/support/build.ts",
    projects: [
      // Two processes share these files: each loads the modules under test, and builds the schema, once.
      {
        extends: true,
        test: { name: "shared", include: ["test/**/*.test.ts"], exclude: ownProcess, isolate: false },
      },
      { extends: true, test: { name: "own process", include: ownProcess } },
    ],
  },
});
