import { mergeConfig } from "vitest/config";
import root from "../vitest.config.ts";

// The root's configuration, except for its file lists.
const { projects, sequence, ...test } = root.test ?? {};
export default mergeConfig(
  { ...root, test },
  { test: { include: ["examples/test/*.test.ts", "examples/{apollo,relay,urql}/test/*.test.ts"], fileParallelism: false } },
);
