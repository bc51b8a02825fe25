import type { ExecutionLimits } from "../../src/graph/output/execution-limits.ts";

/** No limits. */
export const unlimited: ExecutionLimits = {
  charge: (work) => work(),
  hasFailed: false,
  addBytes() {},
  shouldYield: () => false,
  yieldToOthers: () => Promise.resolve(),
  countFieldError: (error) => error,
};
