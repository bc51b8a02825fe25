export { startIssuer } from "./issuer.ts";
export { startProcesses } from "./processes.ts";
