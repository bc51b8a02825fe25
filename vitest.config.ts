import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** What a test file does that others in the same process would notice, or that they would disturb. */
const needsOwnProcess = /vi\.(useFakeTimers|spyOn|stub\w+)\(|cpuOf|\.(cpuUsage|memoryUsage)\(|process\.on\(/;

/** What a test file has that starts processes and mostly waits for them. */
const startsProcesses =
  /node:child_process|\/support\/(browser|process|valkey)\.ts|\/(members|processes|project)\.ts/;

const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => `test/${name}`);
const ownProcess = files.filter((file) => needsOwnProcess.test(readFileSync(file, "utf8")));
const waiting = files.filter(
  (file) => !ownProcess.includes(file) && startsProcesses.test(readFileSync(file, "utf8")),
);

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
      // What waits runs four abreast, before what computes.
      {
        extends: true,
        test: { name: "waiting", include: waiting, isolate: false, maxWorkers: 4 },
      },
      // Two processes share these files: each loads the modules under test, and builds the schema, once.
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: [...ownProcess, ...waiting],
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: "own process", include: ownProcess, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
