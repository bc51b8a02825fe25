import { defineConfig } from "vitest/config";

export default defineConfig({
  // As Node resolves it: one copy of graphql, shared with the packages that require it.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: { include: ["test/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 30_000, maxWorkers: 2 },
});
