export { examples } from "./example.ts";
export type { Graph } from "./graph.ts";
export { createLog, type Log } from "./log.ts";
export { createMetrics, type Metrics } from "./metric.ts";
export { noteMishaps, noteStandstills } from "./mishap.ts";
export type { Caller, Scope } from "./scope.ts";
export { createServer, type Parts, type Server } from "./server.ts";
export { loadTracing, type Tracing } from "./tracing.ts";
export type { Vitals } from "./vital.ts";
