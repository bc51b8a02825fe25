export { DemoError } from "./demo-error.ts";
export { startProcesses } from "./processes.ts";
