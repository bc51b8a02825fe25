export { examples } from "./example.ts";
export type { Graph } from "./graph.ts";
export { createLog, type Log } from "./log.ts";
export type { Caller, Scope } from "./scope.ts";
export { createServer, type Server } from "./server.ts";
