export type { Caller, Graph, Scope } from "./graph.ts";
export { createLog, type Log } from "./log.ts";
export { createServer, type Server } from "./server.ts";
