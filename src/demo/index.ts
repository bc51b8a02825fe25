export { startProcesses } from "./processes.ts";
